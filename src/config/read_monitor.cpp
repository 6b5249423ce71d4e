#include "config/monitor_id.hpp"
#include "config/sections.hpp"

#include <algorithm>

namespace vigia {
namespace {

void read_tags(ObjectReader& reader, std::vector<std::string>& tags) {
    ReadContext& context = reader.context();
    const JsonValue* value = reader.find("tags");
    if (value == nullptr) return;
    if (value->kind != JsonKind::array) {
        context.wrong_type(*value, context.text("a list of strings"));
        return;
    }
    const Document& document = context.document();
    for (const JsonValue* v = document.first_child(*value); v; v = document.next(*v)) {
        std::optional<std::string> tag = read_string(context, *v);
        if (!tag) continue;
        if (tag->empty()) {
            context.error(*v, context.text("a tag cannot be empty"));
        } else if (std::find(tags.begin(), tags.end(), *tag) == tags.end()) {
            tags.push_back(std::move(*tag));
        }
    }
}

}  // namespace

MonitorDraft start_monitor(const JsonValue& value, MonitorCategory category,
                           const Policy& defaults) {
    MonitorDraft draft{.monitor = {}, .id_at = nullptr};
    draft.monitor.name = std::string(value.key);
    draft.monitor.category = category;
    draft.monitor.policy = defaults;
    return draft;
}

void read_common(ObjectReader& reader, MonitorDraft& draft) {
    ReadContext& context = reader.context();
    Monitor& monitor = draft.monitor;
    read_policy(reader, monitor.policy);
    reader.read("enabled", monitor.enabled);
    reader.read("group", monitor.group);
    reader.read("description", monitor.description);
    read_tags(reader, monitor.tags);
    if (const JsonValue* conditions = reader.find("conditions")) {
        context.error_at_key(*conditions,
                             context.text("\"conditions\" are not available in this version"));
    }
    const JsonValue* at = reader.find("id");
    if (at == nullptr) return;
    const std::optional<std::string> id = read_string(context, *at);
    if (!id) return;
    if (!is_monitor_id(*id)) {
        context.error(*at,
                      context.text("not an id: 1 to 64 characters out of letters, digits, \".\", "
                                   "\"_\" and \"-\""));
        return;
    }
    monitor.id = MonitorId(*id);
    draft.id_at = at;
}

}  // namespace vigia
