#include "tests/unit/config/reading.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace vigia {
namespace {

using namespace std::chrono_literals;
using testing::good;
using testing::http;
using testing::read;
using testing::shown;

std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::filesystem::path examples() {
    return std::filesystem::path(VIGIA_SOURCE_DIR) / "config";
}

/// The file that the specification prints, word for word.
constexpr const char* kSpecification = R"({
    "websites": {
        "Web uno": "https://www.direccionwebuno.com",
        "Web dos": "https://www.direccionwebdos.com"
    },
    "databases": {
        "Database1": {
            "type": "mysql",
            "host": "localhost",
            "port": 3306,
            "database": "nombre_db",
            "user": "usuario",
            "password": "contraseña"
        },
        "Database2": {
            "type": "postgresql",
            "host": "localhost",
            "port": 5432,
            "database": "nombre_db",
            "user": "usuario",
            "password": "contraseña"
        }
    },
    "email": {
        "smtp_server": "mail.servidor.com",
        "smtp_port": 587,
        "smtp_use_tls": true,
        "smtp_use_ssl": false,
        "sender_email": "ejemplo@tucorreo.com",
        "sender_password": "tu_password",
        "recipient_emails": [
            "ejemplo@tucorreo.com",
            "ejemplo@tucorreo.com"
        ]
    },
    "monitor_settings": {
        "check_interval": 60,
        "retry_attempts": 3,
        "retry_delay": 6,
        "alert_threshold": 3,
        "recovery_threshold": 2,
        "alert_repeat_interval": 20
    },
    "logging_settings": {
        "enable_file_logging": false,
        "max_bytes": 5242880,
        "backup_count": 5,
        "log_file": "monitor_servicios.log"
    }
})";

TEST(Examples, TheFirstIsTheSpecificationsFile) {
    EXPECT_EQ(content(examples() / "config.example.json"), std::string(kSpecification) + "\n");
}

TEST(Examples, TheSpecificationsFileMeansWhatItSays) {
    const Config config = good(kSpecification);
    EXPECT_TRUE(config.warnings.empty()) << shown(config.warnings);
    ASSERT_EQ(config.monitors.size(), 4U);
    EXPECT_EQ(config.monitors[0]->id.str(), "site-web-uno");
    EXPECT_EQ(http(*config.monitors[1]).url, "https://www.direccionwebdos.com");
    DbTarget database;
    database.kind = DbKind::mysql;
    database.host = "localhost";
    database.port = 3306;
    database.database = "nombre_db";
    database.user = "usuario";
    database.password = Secret("contraseña");
    EXPECT_EQ(std::get<DbTarget>(config.monitors[2]->target), database);
    database.kind = DbKind::postgresql;
    database.port = 5432;
    EXPECT_EQ(std::get<DbTarget>(config.monitors[3]->target), database);
    EXPECT_EQ(config.monitors[3]->id.str(), "db-database2");
    EXPECT_EQ(config.defaults, Policy{});
    ASSERT_TRUE(config.email.has_value());
    EXPECT_EQ(config.email->recipients, std::vector<std::string>{"ejemplo@tucorreo.com"});
    EXPECT_EQ(config.email->server.security, SmtpSecurity::starttls);
    EXPECT_EQ(config.email->server.user, "ejemplo@tucorreo.com");
    EXPECT_EQ(config.email->server.password, Secret("tu_password"));
    EXPECT_FALSE(config.logging.enable_file_logging);
    EXPECT_EQ(config.language, Language::es);
}

TEST(Examples, EveryOneIsGood) {
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(examples())) {
        if (!entry.path().filename().string().ends_with(".example.json")) continue;
        ++seen;
        SCOPED_TRACE(entry.path().string());
        EXPECT_GT(good(content(entry.path())).enabled_monitors(), 0U);
    }
    EXPECT_GE(seen, 2U);
}

TEST(Examples, TheFullOneShowsTheDefaults) {
    const Config config = good(content(examples() / "full.example.json"));
    EXPECT_EQ(config.defaults, Policy{});
    EXPECT_EQ(config.notifications, NotificationSettings{});
    LoggingSettings logging;
    logging.log_file = "/etc/vigia/monitor_servicios.log";
    EXPECT_EQ(config.logging, logging);
}

}  // namespace
}  // namespace vigia
