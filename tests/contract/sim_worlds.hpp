#pragma once

#include "tests/contract/db_world.hpp"
#include "tests/contract/http_world.hpp"
#include "tests/contract/mail_world.hpp"

#include <memory>

namespace vigia::test {

/// SimHttp over a Network, in virtual time.
std::unique_ptr<HttpWorld> make_sim_http_world();

/// SimDb over a Network, in virtual time.
std::unique_ptr<DbWorld> make_sim_db_world();

/// SimMailer over a PostOffice, in virtual time.
std::unique_ptr<MailWorld> make_sim_mail_world();

}  // namespace vigia::test
