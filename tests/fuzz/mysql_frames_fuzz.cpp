// Whatever a MySQL server sends, or a server that is none: packets are followed as a reader of its
// own follows them, the pieces never change the verdict, and of what is no packet at most a header
// is let through. First byte: the number that is expected; then the sizes of the pieces, up to a
// NUL; the rest is what comes.

#include "base/assert.hpp"
#include "env/real/mysql_frames.hpp"
#include "tests/support/fuzz_input.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace vigia;

constexpr std::size_t kHeader = 4;

struct Reading {
    std::size_t sound = 0;
    bool giant = false;
    bool unsound = false;
    bool at_boundary = false;
    unsigned next = 0;

    bool stopped() const { return giant || unsound; }
};

/// Packet by packet, with all of the stream at hand.
Reading read_packets(std::string_view stream, unsigned number) {
    const auto byte = [stream](std::size_t at) { return static_cast<unsigned char>(stream[at]); };
    Reading reading;
    reading.next = number;
    std::size_t at = 0;
    while (stream.size() - at >= kHeader) {
        const std::size_t length = byte(at) + byte(at + 1) * 256U + byte(at + 2) * 65536U;
        const bool in_turn = byte(at + 3) == reading.next;
        const std::size_t left = stream.size() - at - kHeader;
        reading.giant = length == 0xffffff;
        const bool error = length > 0 && (left == 0 || byte(at + kHeader) == 0xff);
        reading.unsound = !reading.giant && !in_turn && !error;
        reading.sound = at;
        if (reading.stopped()) return reading;
        reading.next = (byte(at + 3) + 1U) % 256;
        if (left < length) break;
        at += kHeader + length;
    }
    reading.at_boundary = at == stream.size();
    reading.sound = stream.size();
    return reading;
}

std::size_t take(MysqlFrames& frames, const test::FuzzPiece& piece) {
    return frames.take(reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
}

/// What is let through of all pieces.
std::size_t take_pieces(MysqlFrames& frames, std::string_view stream, std::string_view cuts) {
    std::size_t taken = 0;
    for (const test::FuzzPiece& piece : test::pieces_of(stream, cuts)) {
        const bool stopped = frames.has_giant() || frames.is_unsound();
        const std::size_t size = take(frames, piece);
        VIGIA_ASSERT(size <= piece.size());
        VIGIA_ASSERT(!stopped || size == 0);
        taken += size;
    }
    return taken;
}

void check(const MysqlFrames& frames, const Reading& reading) {
    VIGIA_ASSERT(frames.has_giant() == reading.giant && frames.is_unsound() == reading.unsound);
    if (reading.stopped()) return;
    VIGIA_ASSERT(frames.next() == reading.next && frames.at_boundary() == reading.at_boundary);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    test::FuzzInput input(bytes, size);
    const auto number = static_cast<std::uint8_t>(input.byte());
    const std::string_view cuts = input.field();
    const std::string_view stream = input.rest();
    const Reading reading = read_packets(stream, number);

    MysqlFrames whole;
    whole.expect(number);
    VIGIA_ASSERT(take_pieces(whole, stream, {}) == reading.sound);
    check(whole, reading);

    MysqlFrames pieces;
    pieces.expect(number);
    const std::size_t taken = take_pieces(pieces, stream, cuts);
    check(pieces, reading);
    // The header of the packet that is refused may have come, and gone, in pieces before.
    VIGIA_ASSERT(taken >= reading.sound);
    VIGIA_ASSERT(taken <= reading.sound + (reading.stopped() ? kHeader : 0));
    return 0;
}
