#pragma once

#include "base/i18n.hpp"
#include "config/config.hpp"
#include "config/document.hpp"
#include "config/problems.hpp"

#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// What every step of reading a configuration shares: the document, the world, the language and
/// where errors and warnings go. Lives on the stack of parse_config() and dies with it.
///
/// Messages name what is wrong and the cure. They never quote a value: any string may have come
/// from an environment variable, so any may be a secret. The place says which one is meant.
class ReadContext {
public:
    ReadContext(const Document& document, const ConfigSources& sources, Language language)
        : document_(document),
          sources_(sources),
          catalog_(language),
          errors_(document.text()),
          warnings_(document.text()) {}
    ReadContext(const ReadContext&) = delete;
    ReadContext& operator=(const ReadContext&) = delete;

    const Document& document() const { return document_; }
    const ConfigSources& sources() const { return sources_; }
    Problems& errors() { return errors_; }
    Problems& warnings() { return warnings_; }

    void speak(Language language) { catalog_ = Catalog(language); }
    Language language() const { return catalog_.language(); }

    /// The translation of `msgid` with its `{}` filled in.
    template <class... Args>
    std::string text(std::string_view msgid, const Args&... args) const {
        return fmt::format(fmt::runtime(catalog_.text(msgid)), args...);
    }

    /// A problem with a value: its place is where the value starts.
    void error(const JsonValue& value, std::string message);
    void warn(const JsonValue& value, std::string message);
    /// A problem with a key of an object: its place is where the key starts.
    void error_at_key(const JsonValue& member, std::string message);
    /// The object has no `key`, which is required.
    void missing(const JsonValue& object, std::string_view key);
    /// `value` is of the wrong kind; `expected` is translated: "a string".
    void wrong_type(const JsonValue& value, std::string_view expected);

    /// `path` as it is if absolute, else below the configuration's directory. Empty stays empty.
    std::string absolute(const std::string& path) const;

    /// True if the file can be read; asked once for each path.
    bool readable(const std::string& path);

private:
    const Document& document_;
    const ConfigSources& sources_;
    Catalog catalog_;
    Problems errors_;
    Problems warnings_;
    std::map<std::string, bool, std::less<>> readable_;
};

/// A name from the file as part of a message: quoted, on one line, cut if it is very long.
std::string quoted(std::string_view name, std::size_t longest = 100);

}  // namespace vigia
