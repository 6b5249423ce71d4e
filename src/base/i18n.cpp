#include "base/i18n.hpp"

#include "base/mo_catalog.hpp"

namespace vigia {

Catalog::Catalog(Language language) : language_(language), data_(embedded_catalog(language)) {}

std::string_view Catalog::text(std::string_view msgid) const {
    if (msgid.empty()) return msgid;  // the empty msgid is the catalogue's own header
    return find_translation(data_, msgid).value_or(msgid);
}

Language language_of_locale(std::string_view lc_all, std::string_view lc_messages,
                            std::string_view lang) {
    for (const std::string_view name : {lc_all, lc_messages, lang}) {
        if (!name.empty()) return name.starts_with("en") ? Language::en : Language::es;
    }
    return Language::es;
}

}  // namespace vigia
