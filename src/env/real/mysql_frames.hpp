#pragma once

#include <cstddef>
#include <cstdint>

namespace vigia {

/// Follows one direction of a conversation with MySQL or MariaDB packet by packet: the length
/// (three bytes) and number of each. libmariadb would wait for megabytes that a stream which is no
/// packet seems to announce. Value type, pure.
class MysqlFrames {
public:
    /// Takes what was read or written, in pieces of any size. Returns how much of it comes before
    /// the first packet that has another number than is its turn, or is only the first part of one
    /// (of 16 MiB or more); from there on it takes nothing. Errors have what number they like:
    /// nobody asked for that of a server that shuts down.
    std::size_t take(const unsigned char* bytes, std::size_t size);

    /// The number that the next packet must have.
    std::uint8_t next() const { return next_; }
    void expect(std::uint8_t number) { next_ = number; }

    bool at_boundary() const { return left_ == 0 && seen_ == 0; }
    /// Why nothing more is taken.
    bool has_giant() const { return stop_ == Stop::giant; }
    bool is_unsound() const { return stop_ == Stop::unsound; }

private:
    static constexpr std::size_t kHeader = 4;
    static constexpr std::size_t kGiant = 0xffffff;

    enum class Stop : std::uint8_t { none, giant, unsound };

    void begin(unsigned char byte);

    std::size_t length_ = 0;  // of the packet that begins, as far as it is known
    std::size_t left_ = 0;    // of its payload
    std::size_t seen_ = 0;    // of its header
    std::uint8_t next_ = 0;
    bool expected_ = true;  // its number
    Stop stop_ = Stop::none;
};

}  // namespace vigia
