#pragma once

#include "base/rng.hpp"
#include "env/canaries.hpp"
#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/http_client.hpp"
#include "env/log.hpp"
#include "env/mailer.hpp"

#include <string>

namespace vigia {

/// What mails say of the machine that watches.
struct HostFacts {
    std::string hostname;
    std::string system;   ///< name and release: "Linux 6.1.0"
    std::string machine;  ///< "x86_64"
};

/// Every way out of the program, by reference: built by main() or by the simulation, outlives all
/// that uses it. One per shard; not synchronised.
struct Env {
    Clock& clock;
    HttpClient& http;
    DbClient& db;
    Mailer& mailer;
    Canaries& canaries;
    Log& log;
    Rng& rng;
    HostFacts host;
};

}  // namespace vigia
