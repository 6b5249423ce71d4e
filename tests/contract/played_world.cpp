#include "tests/contract/played_world.hpp"

#include <fmt/format.h>
#include <utility>

namespace vigia::test {

namespace {

constexpr int kManyRows = 12'000;
constexpr int kWideRows = 20;

/// As a text of JSON.
std::string json(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

std::string options(const DbTarget& good) {
    return fmt::format(R"({{"users": {{{}: {}}}, "databases": ["master", {}], )"
                       R"("denied": ["secrets", "forbidden"]}})",
                       json(good.user), json(good.password.reveal()), json(good.database));
}

std::string repeated(const std::string& item, int count) {
    std::string items;
    for (int i = 0; i < count; ++i) items += (i == 0 ? "" : ", ") + item;
    return "[" + items + "]";
}

/// A canned answer of `count` rows.
std::string rows(const std::string& columns, const std::string& row, int count) {
    return R"({"columns": )" + columns + R"(, "rows": )" + repeated(row, count) + "}";
}

constexpr const char* kNumber = R"([["c", "int"]])";

}  // namespace

PlayedWorld::PlayedWorld(const char* program, DbTarget good, Width width)
    : server_(program, options(good)), good_(std::move(good)) {
    good_.host = "127.0.0.1";
    good_.port = server_.port();
    const std::string text = R"(["c", "text"])";
    const std::string wide = json(std::string(width.characters, 'x'));
    server_.set(R"({"answers": {"SELECT text": )" +
                rows(repeated(text, 1), "[" + json("vigía ☂") + "]", 1) + R"(, "SELECT null": )" +
                rows(kNumber, "[null]", 1) + R"(, "SELECT nothing": )" + rows(kNumber, "[1]", 0) +
                R"(, "SELECT endless": )" + rows(kNumber, "[1]", kManyRows) +  //
                R"(, "SELECT wide": )" +
                rows(repeated(text, width.columns), repeated(wide, width.columns), kWideRows) +
                R"(, "SELECT three": )" +
                rows(R"([["n", "int"], ["t", "text"]])", R"([1, "x"], [2, "x"], [3, "x"])", 1) +
                "}}");
}

std::string PlayedWorld::sql(DbQuestion question) const {
    switch (question) {
        case DbQuestion::text:
            return "SELECT text";
        case DbQuestion::null:
            return "SELECT null";
        case DbQuestion::no_rows:
            return "SELECT nothing";
        case DbQuestion::three_rows:
            return "SELECT three";
        case DbQuestion::endless_rows:
            return "SELECT endless";
        case DbQuestion::wide_rows:
            return "SELECT wide";
        case DbQuestion::gigabyte:
            return "SELECT huge";
        case DbQuestion::sleeps:
            return "SELECT SLEEP(60)";
        case DbQuestion::mistake:
            return "SELECT * FROM absent";
        case DbQuestion::forbidden:
            return "SELECT * FROM secrets";
        case DbQuestion::writes:
            return "CREATE TABLE written (n int)";
        case DbQuestion::two_statements:
            return "SELECT 1; CREATE TABLE written (n int)";
        case DbQuestion::escapes:
            return "COMMIT; CREATE TABLE written (n int)";
    }
    return {};
}

void PlayedWorld::present(const Certificate& certificate) {
    directory_.write("server.pem", certificate.certificate_pem());
    directory_.write("server.key", certificate.key_pem());
    server_.set(fmt::format(R"({{"certificate": {}, "key": {}}})",
                            json(directory_.file("server.pem")),
                            json(directory_.file("server.key"))));
}

}  // namespace vigia::test
