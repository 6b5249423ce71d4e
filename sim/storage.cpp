#include "sim/storage.hpp"

#include "store/sqlite/sqlite_file.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

namespace vigia::sim {

namespace {

/// The file without a thread: a commit ends before its caller goes on.
class FileStore final : public Store {
public:
    explicit FileStore(std::unique_ptr<SqliteFile> file) : file_(std::move(file)) {}

    boost::asio::awaitable<Result<void>> commit(Batch batch) override {
        co_return file_->commit(batch);
    }
    Result<StoredState> load() override { return file_->load(); }

private:
    const std::unique_ptr<SqliteFile> file_;
};

std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "vigia-sim-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp: " + name);
    return name;
}

}  // namespace

Storage::Storage(bool on_disk) {
    if (!on_disk) return;
    disk_.emplace();
    directory_ = make_directory();
}

Storage::~Storage() {
    opened_.reset();
    std::error_code ignored;
    if (disk_) std::filesystem::remove_all(directory_, ignored);
}

Store& Storage::open() {
    if (!disk_) return memory_;
    opened_.reset();
    if (survivors_) disk_->replace(std::move(*std::exchange(survivors_, std::nullopt)));
    disk_->restore_power();
    Result<std::unique_ptr<SqliteFile>> file = SqliteFile::open(directory_ / "vigia.db");
    if (!file) throw std::runtime_error("the store cannot be opened: " + file.error().detail);
    opened_ = std::make_unique<FileStore>(*std::move(file));
    return *opened_;
}

void Storage::close(Rng& rng) {
    opened_.reset();
    if (!has_power()) crash(rng);
}

void Storage::crash(Rng& rng) {
    if (!disk_) return;
    survivors_ = disk_->has_power() ? disk_->contents() : disk_->contents_after_power_loss(rng);
}

void Storage::cut_power_at(unsigned change) {
    if (disk_) disk_->cut_power_at(change);
}

}  // namespace vigia::sim
