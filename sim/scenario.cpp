#include "sim/scenario.hpp"

#include "config/document.hpp"
#include "config/object_reader.hpp"
#include "config/read_context.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace vigia::sim {

namespace {

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", c);
        } else {
            out += c;
        }
    }
    out += '"';
}

/// A part of a document as a text of its own. The depth of documents is bounded.
void append_json(std::string& out, const Document& document, const JsonValue& value) {
    switch (value.kind) {
        case JsonKind::null:
            out += "null";
            return;
        case JsonKind::boolean:
            out += value.boolean ? "true" : "false";
            return;
        case JsonKind::number:
            out += value.text;
            return;
        case JsonKind::string:
            return append_quoted(out, value.text);
        case JsonKind::array:
        case JsonKind::object:
            break;
    }
    const bool object = value.kind == JsonKind::object;
    out += object ? '{' : '[';
    for (const JsonValue* v = document.first_child(value); v; v = document.next(*v)) {
        if (v->position > 0) out += ",\n";
        if (object) {
            append_quoted(out, v->key);
            out += ": ";
        }
        append_json(out, document, *v);
    }
    out += object ? '}' : ']';
}

std::string json_text(const Document& document, const JsonValue& value) {
    std::string out;
    append_json(out, document, value);
    return out;
}

class Reader {
public:
    Reader(ReadContext& context, Scenario& scenario) : context_(context), scenario_(scenario) {}

    void read(const JsonValue& root) {
        ObjectReader top(context_, root);
        top.find("about");
        Script& script = scenario_.script;
        top.read("length", script.length, kTime);
        top.read("seed", script.seed, {.min = 0});
        top.read("on_disk", script.on_disk);
        if (const JsonValue* v = top.require("config")) script.config = text_of(*v);
        each(top.find_object("targets"), [&](const JsonValue& v) { read_target(v); });
        each(top.find("machine"),
             [&](const JsonValue& v) { read_fault(v, script.machine, own_fault_named); });
        each(top.find("store"),
             [&](const JsonValue& v) { read_fault(v, script.store, store_fault_named); });
        each(top.find("mail"), [&](const JsonValue& v) { read_mail(v); });
        each(top.find("events"), [&](const JsonValue& v) { read_event(v); });
        if (const JsonValue* v = top.find_object("expect")) read_expectations(*v);
        top.finish();
        std::ranges::stable_sort(script.actions, {}, &Action::at);
    }

private:
    static constexpr DurationRange kTime{};

    std::string text_of(const JsonValue& value) const {
        return json_text(context_.document(), value);
    }

    /// Every member or element of `parent`, if it is there.
    template <class Read>
    void each(const JsonValue* parent, Read read) {
        if (parent == nullptr) return;
        const Document& document = context_.document();
        for (const JsonValue* v = document.first_child(*parent); v; v = document.next(*v)) read(*v);
    }

    /// An object, read by `read`; anything else is an error.
    template <class Read>
    void object(const JsonValue& value, Read read) {
        if (value.kind != JsonKind::object) return context_.wrong_type(value, "an object");
        ObjectReader reader(context_, value);
        read(reader);
        reader.finish();
    }

    /// "http://a.sim/": {"0s": "up", "10m": "refused"}
    void read_target(const JsonValue& target) {
        std::vector<Timeline::Segment> segments;
        each(&target, [&](const JsonValue& value) {
            const auto from = parse_duration(value.key);
            const auto behaviour = behaviour_named(value.text);
            if (!from) context_.error_at_key(value, "not a duration");
            if (!behaviour) context_.error(value, "not a behaviour");
            if (from && behaviour) segments.push_back({*from, *behaviour});
        });
        std::ranges::stable_sort(segments, {}, &Timeline::Segment::from);
        scenario_.script.targets[std::string(target.key)] = Timeline(std::move(segments));
    }

    Window read_window(ObjectReader& reader) {
        Window window;
        reader.read("from", window.from, kTime);
        if (!reader.read("to", window.to, kTime)) window.to = scenario_.script.length;
        return window;
    }

    template <class Fault>
    std::optional<Fault> read_fault_name(ObjectReader& reader,
                                         std::optional<Fault> (*named)(std::string_view)) {
        const JsonValue* value = reader.require("fault");
        if (value == nullptr) return std::nullopt;
        const auto fault = named(value->text);
        if (!fault) context_.error(*value, "not a fault");
        return fault;
    }

    template <class Fault>
    void read_fault(const JsonValue& value, FaultPlan<Fault>& plan,
                    std::optional<Fault> (*named)(std::string_view)) {
        object(value, [&](ObjectReader& reader) {
            const Window window = read_window(reader);
            if (const auto fault = read_fault_name(reader, named)) plan.add(window, *fault);
        });
    }

    void read_mail(const JsonValue& value) {
        object(value, [&](ObjectReader& reader) {
            MailTrouble trouble;
            trouble.when = read_window(reader);
            reader.read("recipient", trouble.recipient);
            if (const auto fault = read_fault_name(reader, mail_fault_named)) {
                trouble.fault = *fault;
                scenario_.script.mail.push_back(trouble);
            }
        });
    }

    /// {"at": "20m", "crash": "after_commit", "down": "30s"}, {"at": …, "reload": {…}}, …
    void read_event(const JsonValue& value) {
        object(value, [&](ObjectReader& reader) {
            Action action;
            Duration length{};
            reader.read("at", action.at, kTime);
            if (const JsonValue* config = reader.find("reload")) {
                action.what = Reload{text_of(*config)};
            } else if (const JsonValue* point = reader.find("crash")) {
                action.what = read_crash(reader, *point);
            } else if (reader.read("restart", length, kTime)) {
                action.what = Restart{length};
            } else if (reader.read("freeze", length, kTime)) {
                action.what = Freeze{length};
            } else if (reader.read("step_forward", length, kTime)) {
                action.what = StepClock{length};
            } else if (reader.read("step_back", length, kTime)) {
                action.what = StepClock{-length};
            } else {
                context_.error(value, "no event");
            }
            scenario_.script.actions.push_back(std::move(action));
        });
    }

    Crash read_crash(ObjectReader& reader, const JsonValue& point) {
        Crash crash;
        const auto named = crash_point_named(point.text);
        if (!named) context_.error(point, "not a crash point");
        crash.point = named.value_or(CrashPoint::step);
        reader.read("down", crash.down, kTime);
        reader.read("steps", crash.steps, {.min = 0, .max = 1'000'000});
        return crash;
    }

    void read_expectations(const JsonValue& value) {
        Expectations& expected = scenario_.expected;
        ObjectReader reader(context_, value);
        each(reader.find("mails"), [&](const JsonValue& v) {
            object(v, [&](ObjectReader& mail) {
                Expectations::Mails& m = expected.mails.emplace_back();
                mail.read("kind", m.kind);
                mail.read("to", m.to);
                mail.read("monitor", m.monitor);
                mail.read("count", m.count, {.min = 0, .max = 1'000'000});
            });
        });
        each(reader.find_object("health"),
             [&](const JsonValue& v) { expected.health[std::string(v.key)] = v.text; });
        reader.read("open_incidents", expected.open_incidents, {.min = 0, .max = 1'000'000});
        reader.read("dead_letters", expected.dead_letters, {.min = 0, .max = 1'000'000});
        reader.finish();
    }

    ReadContext& context_;
    Scenario& scenario_;
};

/// Subjects as PRODUCT §6 words them, in Spanish: scenarios are.
std::string subject_of(std::string_view kind, std::string_view monitor) {
    if (kind == "alert") return fmt::format("🔴 ALERTA: Servicio caído - {}", monitor);
    if (kind == "reminder") return fmt::format("🔴 RECORDATORIO: Servicio caído - {}", monitor);
    if (kind == "recovery") return fmt::format("🟢 RECUPERADO: Servicio {}", monitor);
    if (kind == "offline") return "🟠 MONITOR SIN RED: no se pudo vigilar nada";
    if (kind == "trouble") return fmt::format("🟠 MONITOR CON PROBLEMAS: {}", monitor);
    return fmt::format("no kind of mail: {}", kind);
}

}  // namespace

Scenario read_scenario(const std::string& file, std::string_view text) {
    ConfigSources sources;
    sources.read_file = [](const std::string&) { return std::nullopt; };
    sources.environment = [](const std::string&) { return std::nullopt; };
    const Document document(text);
    ReadContext context(document, sources, Language::en);
    Scenario scenario;
    scenario.script.name = file;
    scenario.script.reproduce = fmt::format("./dev sim --scenario {} --verbose", file);
    if (document.fault() != DocumentFault::none || document.root()->kind != JsonKind::object) {
        context.errors().add(document.fault_offset(), {}, "not a JSON object");
    } else {
        Reader(context, scenario).read(*document.root());
    }
    std::string wrong;
    for (const ConfigProblem& problem : context.errors().take()) {
        wrong += format_problem(file, problem) + "\n";
    }
    if (!wrong.empty()) throw std::invalid_argument(wrong);
    return scenario;
}

std::vector<std::string> differences(const Expectations& expected, const Report& report) {
    std::vector<std::string> lines;
    std::map<std::pair<std::string, std::string>, std::size_t> mails;
    for (const AcceptedMail& mail : report.mails) ++mails[{mail.recipient, mail.subject}];
    for (const Expectations::Mails& m : expected.mails) {
        const auto key = std::pair(m.to, subject_of(m.kind, m.monitor));
        const std::size_t count = mails[key];
        mails.erase(key);
        if (count == m.count) continue;
        lines.push_back(
            fmt::format("{} times \"{}\" to {}, not {}", count, key.second, key.first, m.count));
    }
    for (const auto& [key, count] : mails) {
        lines.push_back(
            fmt::format("{} times \"{}\" to {}, not expected", count, key.second, key.first));
    }
    for (const auto& [name, health] : expected.health) {
        const auto it = report.health.find(name);
        const std::string_view is = it == report.health.end() ? "gone" : to_string(it->second);
        if (is != health) lines.push_back(fmt::format("{} is {}, not {}", name, is, health));
    }
    const auto number = [&](const char* what, std::size_t is, std::size_t wanted) {
        if (is != wanted) lines.push_back(fmt::format("{} {}, not {}", is, what, wanted));
    };
    number("open incidents", report.open_incidents, expected.open_incidents);
    number("dead letters", report.dead_letters, expected.dead_letters);
    return lines;
}

std::string describe(const Report& report, const Script& script) {
    std::string text;
    for (const std::string& line : report.last_lines) text += fmt::format("    {}\n", line);
    for (const Finding& finding : report.findings.all()) {
        text +=
            fmt::format("{}: {} broken at {}{}{}: {}\n    again: {}\n", script.name, finding.rule,
                        format_elapsed(finding.at), finding.monitor.empty() ? "" : ", monitor ",
                        finding.monitor.str(), finding.what, script.reproduce);
    }
    return text;
}

}  // namespace vigia::sim
