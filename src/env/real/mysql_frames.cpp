#include "env/real/mysql_frames.hpp"

#include <algorithm>

namespace vigia {

/// A byte of a header.
void MysqlFrames::begin(unsigned char byte) {
    if (seen_ + 1 < kHeader) {
        length_ |= std::size_t{byte} << (8 * seen_);
        ++seen_;
        return;
    }
    expected_ = byte == next_;
    next_ = static_cast<std::uint8_t>(byte + 1);
    if (length_ == kGiant) stop_ = Stop::giant;
    if (!expected_ && length_ == 0) stop_ = Stop::unsound;
    left_ = length_;
    length_ = 0;
    seen_ = 0;
}

std::size_t MysqlFrames::take(const unsigned char* bytes, std::size_t size) {
    constexpr unsigned char kError = 0xff;
    std::size_t sound = 0;  // before the packet that is taken
    std::size_t at = 0;
    while (at < size && stop_ == Stop::none) {
        if (left_ == 0) {
            if (seen_ == 0) sound = at;
            begin(bytes[at]);
            ++at;
            continue;
        }
        if (!expected_ && bytes[at] != kError) {
            stop_ = Stop::unsound;
            break;
        }
        expected_ = true;
        const std::size_t taken = std::min(left_, size - at);
        left_ -= taken;
        at += taken;
    }
    return stop_ == Stop::none ? size : sound;
}

}  // namespace vigia
