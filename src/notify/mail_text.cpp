#include "notify/mail_content.hpp"

#include <string_view>

namespace vigia {
namespace {

void append_fields(std::string& out, const std::vector<MailContent::Field>& fields) {
    for (const MailContent::Field& field : fields) {
        out.append(field.label).append(": ").append(field.value).append("\n");
    }
}

/// As in the subjects.
std::string_view symbol_of(Tone tone) {
    switch (tone) {
        case Tone::down:
            return "🔴";
        case Tone::recovered:
            return "🟢";
        case Tone::test:
            return "🔔";
        case Tone::own:
            return "🟠";
    }
    return "🔔";
}

}  // namespace

std::string text_part(const MailContent& content) {
    std::string out(symbol_of(content.tone));
    out.append(" ").append(content.headline);
    if (!content.about.empty()) out.append(": ").append(content.about);
    out += "\n\n";
    if (!content.remark.empty()) out.append(content.remark).append("\n\n");
    append_fields(out, content.fields);
    if (!content.evidence.empty()) {
        out.append("\n").append(content.evidence_label).append(":\n");
        // The bar keeps a line of the answer from passing for one of ours.
        for (const std::string& line : content.evidence) out.append("  | ").append(line) += '\n';
    }
    out += "\n";
    append_fields(out, content.host);
    out.append("\n").append(content.closing).append("\n");
    return out;
}

}  // namespace vigia
