// Whatever a mail server says: the first byte chooses the size of the pieces in which it arrives,
// and the pieces never change what it means.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "env/real/smtp_reply.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace vigia;
using State = SmtpReplyReader::State;

State read(std::string_view bytes, std::size_t piece, SmtpReplyReader& reader) {
    State state = State::incomplete;
    while (!bytes.empty() && state == State::incomplete) {
        state = reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return state;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    SmtpReplyReader pieces;
    const State state = read(input, bytes[0] % 16U + 1U, pieces);
    VIGIA_ASSERT(pieces.reply().text.size() <= 512 + 3);
    if (state == State::complete) {
        const SmtpReply& reply = pieces.reply();
        VIGIA_ASSERT(reply.code >= 200 && reply.code <= 599);
        SmtpReplyReader single;
        const State at_once = single.feed(input);
        // At once, what follows the reply is seen too.
        VIGIA_ASSERT(at_once != State::incomplete);
        VIGIA_ASSERT(single.reply().code == reply.code && single.reply().text == reply.text);
        for (int phase = 0; phase <= static_cast<int>(DeliveryPhase::acknowledgement); ++phase) {
            judge_reply(static_cast<DeliveryPhase>(phase), reply.code);
        }
    }
    if (const auto line = parse_reply_line(input)) SmtpExtensions().take(line->text);
    return 0;
}
