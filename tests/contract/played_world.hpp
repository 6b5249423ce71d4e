#pragma once

#include "tests/contract/real_db.hpp"
#include "tests/support/protocol_server.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstddef>
#include <string>

namespace vigia::test {

/// A world whose server is a program of tests/protocol, one per world. It has canned answers.
class PlayedWorld : public RealDbWorld {
public:
    DbTarget good() override { return good_; }
    std::string sql(DbQuestion question) const override;
    int connections() override { return server_.count("connections_now"); }
    void stop() override { server_.listen(false); }
    void start() override { server_.listen(true); }
    void present(const Certificate& certificate) override;

    ProtocolServer& server() { return server_; }

protected:
    /// The large answer: rows of so many columns with so many characters each.
    struct Width {
        int columns;
        std::size_t characters;
    };
    /// `good`: whom the server lets in where; the port is the world's.
    PlayedWorld(const char* program, DbTarget good, Width width);

private:
    ProtocolServer server_;
    DbTarget good_;
    TemporaryDirectory directory_;
};

}  // namespace vigia::test
