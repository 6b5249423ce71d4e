#include "config/config.hpp"
#include "config/document.hpp"
#include "config/monitor_id.hpp"
#include "config/read_context.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

namespace vigia {
namespace {

/// A message id; at most one gap, for `limit_of()`.
std::string_view message_of(DocumentFault fault) {
    switch (fault) {
        case DocumentFault::none:
            return {};
        case DocumentFault::empty:
            return N_("the file is empty: at least {{}} is required");
        case DocumentFault::too_large:
            return N_("the file is larger than {} MiB");
        case DocumentFault::not_utf8:
            return N_("not UTF-8: save the file in the encoding UTF-8");
        case DocumentFault::nul_byte:
            return N_("a NUL byte: this is not a text file in UTF-8");
        case DocumentFault::too_deep:
            return N_("nested more than {} levels deep");
        case DocumentFault::too_many_values:
            return N_("more than {} values");
        case DocumentFault::syntax:
            return N_("wrong syntax, or a comment that is not closed");
        case DocumentFault::value_expected:
            return N_(
                "a value is expected here: an object, a list, a string in double quotes, a "
                "number, true, false or null");
        case DocumentFault::key_expected:
            return N_("a key in double quotes is expected here");
        case DocumentFault::colon_expected:
            return N_("a colon is expected here, after the key");
        case DocumentFault::comma_or_brace_expected:
            return N_("a comma or \"}}\" is expected here, after the value");
        case DocumentFault::comma_or_bracket_expected:
            return N_("a comma or \"]\" is expected here, after the value");
        case DocumentFault::something_follows:
            return N_("nothing may follow the end of the document");
        case DocumentFault::string_not_closed:
            return N_("the string that begins here is not closed");
        case DocumentFault::control_in_string:
            return N_(
                "a line break or control character in a string: is the closing quote missing? "
                "A line break is written \\n");
        case DocumentFault::bad_escape:
            return N_("unknown escape in a string: a backslash is written \\\\");
        case DocumentFault::bad_surrogate:
            return N_("a \\u escape that is only half of a character");
        case DocumentFault::bad_number:
            return N_("a digit is expected here");
        case DocumentFault::number_too_large:
            return N_("the number is too large");
    }
    return {};
}

std::size_t limit_of(DocumentFault fault) {
    constexpr std::size_t kMebibyte = 1024U * 1024U;
    switch (fault) {
        case DocumentFault::too_large:
            return Document::kMaxBytes / kMebibyte;
        case DocumentFault::too_deep:
            return Document::kMaxDepth;
        default:
            return Document::kMaxValues;
    }
}

/// The language of the document's messages, as far as the document says; of half a document too.
std::optional<Language> language_of(const Document& document) {
    const JsonValue* root = document.root();
    if (root == nullptr || root->kind != JsonKind::object) return std::nullopt;
    for (const JsonValue* v = document.first_child(*root); v; v = document.next(*v)) {
        if (v->key != "language") continue;
        if (v->kind == JsonKind::string && v->text == "en") return Language::en;
        if (v->kind == JsonKind::string && v->text == "es") return Language::es;
        return std::nullopt;
    }
    if (document.fault() != DocumentFault::none) return std::nullopt;
    return Language::es;  // the default
}

/// Reads the sections into `config_`. One object for one call of parse_config().
class ConfigReader {
public:
    ConfigReader(ReadContext& context, Config& config) : context_(context), config_(config) {}

    void run(const JsonValue& root) {
        ObjectReader reader(context_, root);
        if (reader.read("language", config_.language,
                        {{"es", Language::es}, {"en", Language::en}})) {
            context_.speak(config_.language);
        }
        if (const JsonValue* v = reader.find("monitor_settings")) {
            read_monitor_settings(context_, *v, config_);
        }
        read_monitors(reader.find_object("websites"), read_website);
        read_monitors(reader.find_object("databases"), read_database);
        refuse_entries(reader.find_object("services"),
                       N_("service checks are not available in this version"));
        if (const JsonValue* v = reader.find("email")) config_.email = read_email(context_, *v);
        config_.logging.log_file = context_.absolute(config_.logging.log_file);
        if (const JsonValue* v = reader.find("logging_settings")) {
            config_.logging = read_logging_settings(context_, *v);
        }
        if (const JsonValue* v = reader.find("notifications")) {
            config_.notifications = read_notifications(context_, *v);
        }
        if (const JsonValue* v = reader.find("uplink")) config_.uplink = read_uplink(context_, *v);
        if (const JsonValue* v = reader.find("health")) config_.health = read_health(context_, *v);
        if (const JsonValue* v = reader.find("storage")) {
            config_.storage = read_storage(context_, *v);
        }
        if (const JsonValue* v = reader.find("web")) config_.web = read_web(context_, *v);
        reader.finish();
        settle_ids();
    }

private:
    using Read = MonitorDraft (*)(ReadContext&, const JsonValue&, const Policy&);
    void read_monitors(const JsonValue* section, Read read) {
        if (section == nullptr) return;
        const Document& document = context_.document();
        drafts_.reserve(drafts_.size() + section->children);
        for (const JsonValue* v = document.first_child(*section); v; v = document.next(*v)) {
            drafts_.push_back(read(context_, *v, config_.defaults));
        }
    }

    void refuse_entries(const JsonValue* section, std::string_view msgid) {
        if (section != nullptr && section->children > 0) {
            context_.error(*section, context_.text(msgid));
        }
    }

    void settle_ids() {
        std::unordered_map<std::string_view, const JsonValue*> configured;
        std::vector<IdRequest> requests;
        requests.reserve(drafts_.size());
        for (const MonitorDraft& draft : drafts_) {
            const Monitor& monitor = draft.monitor;
            requests.push_back({monitor.category, monitor.name, monitor.id.str()});
            if (draft.id_at == nullptr) continue;
            const auto [first, is_new] = configured.emplace(monitor.id.str(), draft.id_at);
            if (!is_new) {
                const std::size_t line = context_.errors().line_of(first->second->offset);
                context_.error(*draft.id_at,
                               context_.text("this id is already used in line {}", line));
            }
        }
        if (!context_.errors().empty()) return;
        const std::vector<MonitorId> ids = assign_ids(requests);
        config_.monitors.reserve(drafts_.size());
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            drafts_[i].monitor.id = ids[i];
            config_.monitors.push_back(
                std::make_shared<const Monitor>(std::move(drafts_[i].monitor)));
        }
    }

    ReadContext& context_;
    Config& config_;
    std::vector<MonitorDraft> drafts_;
};

void report_fault(ReadContext& context, const Document& document) {
    const DocumentFault fault = document.fault();
    context.errors().add(document.fault_offset(), {},
                         context.text(message_of(fault), limit_of(fault)));
}

void report_duplicates(ReadContext& context, const Document& document) {
    for (const DuplicateKey& duplicate : document.duplicates()) {
        if (context.errors().full()) {
            context.error_at_key(*duplicate.value, {});  // counted
            continue;
        }
        const std::size_t line = context.errors().line_of(duplicate.first->key_offset);
        context.error_at_key(*duplicate.value, context.text("duplicate key {}: already in line {}",
                                                            quoted(duplicate.value->key), line));
    }
}

/// The errors, and a last one that says how many there was no room for.
std::vector<ConfigProblem> take_all(ReadContext& context, Problems& problems) {
    const std::size_t left_out = problems.left_out();
    std::vector<ConfigProblem> all = problems.take();
    if (left_out > 0 && !all.empty()) {
        ConfigProblem more = all.back();
        more.pointer.clear();
        more.message = context.text("{} more problems are not shown", left_out);
        all.push_back(std::move(more));
    }
    return all;
}

}  // namespace

std::size_t Config::enabled_monitors() const {
    return static_cast<std::size_t>(std::count_if(monitors.begin(), monitors.end(),
                                                  [](const MonitorPtr& m) { return m->enabled; }));
}

ConfigOutcome parse_config(std::string_view text, const ConfigSources& sources, Language fallback) {
    constexpr std::string_view kBom = "\xef\xbb\xbf";
    if (text.starts_with(kBom)) text.remove_prefix(kBom.size());
    const Document document(text);
    ReadContext context(document, sources, fallback);

    Config config;
    context.speak(language_of(document).value_or(fallback));
    if (document.fault() != DocumentFault::none) {
        report_fault(context, document);
    } else {
        report_duplicates(context, document);
        const JsonValue& root = *document.root();
        if (root.kind != JsonKind::object) {
            context.wrong_type(root, context.text("an object"));
        } else {
            ConfigReader(context, config).run(root);
        }
    }

    ConfigOutcome outcome;
    outcome.language = context.language();
    if (context.errors().empty()) {
        config.warnings = take_all(context, context.warnings());
        outcome.language = config.language;
        outcome.config = std::move(config);
    } else {
        outcome.errors = take_all(context, context.errors());
    }
    return outcome;
}

}  // namespace vigia
