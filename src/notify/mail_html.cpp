#include "base/text.hpp"
#include "notify/mail_content.hpp"

#include <string_view>

namespace vigia {
namespace {

// Mail clients know tables and inline styles; the style sheet only adds dark colours for those that
// read it. Nothing is loaded from anywhere. The result is also well-formed XML.
constexpr std::string_view kHead = R"(<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="supported-color-schemes" content="light dark"/>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14171a !important; }
  .card { background: #22272c !important; border-color: #3a4148 !important; }
  .label, .closing { color: #a3adb8 !important; }
  .value, .remark { color: #e8eaed !important; }
  .row, .pre { border-color: #3a4148 !important; }
  .pre { background: #181c20 !important; color: #d5d9de !important; }
}
@media (max-width: 480px) {
  .outer { padding: 0 !important; }
  .pad { padding-left: 16px !important; padding-right: 16px !important; }
}
</style>
)";

/// The whole name stands in the first row below.
constexpr std::size_t kMaxBannerName = 120;

constexpr std::string_view kFont =
    "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";

std::string_view colour_of(Tone tone) {
    switch (tone) {
        case Tone::down:
            return "#c62828";
        case Tone::recovered:
            return "#2e7d32";
        case Tone::test:
            return "#1565c0";
        case Tone::own:
            return "#b35309";
    }
    return "#1565c0";
}

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// The coloured band: what happened, and to what. Without the symbol of the subject, which would be
/// red on red.
void append_banner(std::string& out, const MailContent& content) {
    out.append(
           "<tr><td class=\"pad\" style=\"padding:20px 28px;border-radius:8px 8px 0 0;"
           "background:")
        .append(colour_of(content.tone))
        .append(";color:#ffffff;\">\n<div style=\"font-size:15px;line-height:22px;\">")
        .append(escape_html(content.headline))
        .append("</div>\n");
    if (!content.about.empty()) {
        out.append(
               "<div dir=\"auto\" style=\"font-size:22px;line-height:30px;font-weight:600;"
               "overflow-wrap:anywhere;word-break:break-word;\">")
            .append(escape_html(shorten(content.about, kMaxBannerName)))
            .append("</div>\n");
    }
    out += "</td></tr>\n";
}

void append_rows(std::string& out, const std::vector<MailContent::Field>& fields) {
    out +=
        "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" "
        "style=\"width:100%;border-collapse:collapse;\">\n";
    constexpr std::string_view kCell =
        "padding:7px 0;vertical-align:top;text-align:left;font-size:14px;line-height:20px;"
        "border-bottom:1px solid #e6e9ed;";
    for (const MailContent::Field& field : fields) {
        out.append("<tr><th scope=\"row\" class=\"label row\" width=\"32%\" style=\"")
            .append(kCell)
            .append("width:32%;padding-right:12px;font-weight:normal;color:#5c6773;\">")
            .append(escape_html(field.label))
            .append("</th><td class=\"value row\" dir=\"auto\" style=\"")
            .append(kCell)
            .append("color:#1c2329;overflow-wrap:anywhere;word-break:break-word;\">")
            .append(escape_html(field.value))
            .append("</td></tr>\n");
    }
    out += "</table>\n";
}

void append_evidence(std::string& out, const MailContent& content) {
    if (content.evidence.empty()) return;
    out.append(
           "<div class=\"label\" style=\"padding:16px 0 6px;font-size:14px;line-height:20px;"
           "color:#5c6773;\">")
        .append(escape_html(content.evidence_label))
        .append(
            "</div>\n<pre class=\"pre\" dir=\"ltr\" style=\"margin:0;padding:10px 12px;"
            "border:1px solid #e6e9ed;border-radius:6px;background:#f5f7f9;color:#333b43;"
            "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:12px;"
            "line-height:17px;white-space:pre-wrap;overflow-wrap:anywhere;"
            "word-break:break-word;\">");
    bool first = true;
    for (const std::string& line : content.evidence) {
        if (!first) out += '\n';
        first = false;
        out += escape_html(line);
    }
    out += "</pre>\n";
}

}  // namespace

std::string html_part(const MailContent& content, Language language) {
    std::string out = "<!DOCTYPE html>\n<html lang=\"";
    out.append(language == Language::es ? "es" : "en")
        .append("\">\n<head>\n")
        .append(kHead)
        .append("<title>")
        .append(escape_html(content.subject))
        .append(
            "</title>\n</head>\n<body class=\"page\" style=\"margin:0;padding:0;"
            "background:#eef1f4;\">\n"
            "<table class=\"page\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
            "cellspacing=\"0\" border=\"0\" style=\"width:100%;background:#eef1f4;\">\n"
            "<tr><td class=\"outer\" align=\"center\" style=\"padding:24px 12px;\">\n"
            "<table class=\"card\" role=\"presentation\" width=\"600\" cellpadding=\"0\" "
            "cellspacing=\"0\" border=\"0\" style=\"width:100%;max-width:600px;"
            "border:1px solid #dde2e7;border-radius:9px;border-collapse:separate;"
            "background:#ffffff;text-align:left;")
        .append(kFont)
        .append("\">\n");
    append_banner(out, content);
    out += "<tr><td class=\"pad\" style=\"padding:14px 28px 20px;\">\n";
    if (!content.remark.empty()) {
        out.append(
               "<p class=\"remark\" style=\"margin:0 0 8px;font-size:14px;line-height:20px;"
               "color:#1c2329;\">")
            .append(escape_html(content.remark))
            .append("</p>\n");
    }
    append_rows(out, content.fields);
    append_evidence(out, content);
    out += "<div style=\"height:16px;line-height:16px;font-size:16px;\">&#160;</div>\n";
    append_rows(out, content.host);
    out.append(
           "<p class=\"closing\" style=\"margin:18px 0 0;font-size:12px;line-height:18px;"
           "color:#5c6773;\">")
        .append(escape_html(content.closing))
        .append("</p>\n</td></tr>\n</table>\n</td></tr>\n</table>\n</body>\n</html>\n");
    return out;
}

}  // namespace vigia
