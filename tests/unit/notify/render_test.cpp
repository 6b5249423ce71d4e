#include "notify/render.hpp"

#include "base/local_time.hpp"
#include "base/text.hpp"
#include "tests/unit/notify/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string local(WallTime time) {
    return format_local(time);
}

struct SubjectCase {
    NotificationKind kind;
    Language language;
    std::string_view subject;
};

TEST(RenderMail, HasTheSubjectsOfTheContract) {
    const std::vector<SubjectCase> cases{
        {NotificationKind::alert, Language::es, "🔴 ALERTA: Servicio caído - Web uno"},
        {NotificationKind::reminder, Language::es, "🔴 RECORDATORIO: Servicio caído - Web uno"},
        {NotificationKind::recovery, Language::es, "🟢 RECUPERADO: Servicio Web uno"},
        {NotificationKind::test, Language::es, "🔔 PRUEBA: sistema de monitoreo"},
        {NotificationKind::alert, Language::en, "🔴 ALERT: Service down - Web uno"},
        {NotificationKind::reminder, Language::en, "🔴 REMINDER: Service down - Web uno"},
        {NotificationKind::recovery, Language::en, "🟢 RECOVERED: Service Web uno"},
        {NotificationKind::test, Language::en, "🔔 TEST: monitoring system"},
    };
    for (const SubjectCase& c : cases) {
        EXPECT_EQ(render(sample(c.kind), c.language).subject, c.subject);
    }
}

TEST(RenderMail, TellsAnOutageInSpanish) {
    EXPECT_EQ(render(sample(NotificationKind::alert)).text,
              "🔴 Servicio caído: Web uno\n"
              "\n"
              "Servicio: Web uno\n"
              "Tipo: Sitio Web\n"
              "Estado: CAÍDO\n"
              "Fecha y hora: " +
                  local(kConfirmed) +
                  "\n"
                  "Desde: " +
                  local(kConfirmed - 132s) +
                  "\n"
                  "Caído durante: 2 min 12 s\n"
                  "Motivo: código de estado inesperado: 503 (fase: estado)\n"
                  "Tiempos: DNS 0.4 ms · conexión 2 ms · TLS 31 ms · primer byte 187 ms · "
                  "transferencia 1 ms · total 221 ms\n"
                  "\n"
                  "Información adicional:\n"
                  "  | <h1>503</h1>\n"
                  "  | <p>come back \"later\" & rest</p>\n"
                  "\n"
                  "Hostname: watcher-01\n"
                  "Sistema: Linux 6.1.0-18-amd64\n"
                  "Máquina: x86_64\n"
                  "\n"
                  "Este es un mensaje automático del sistema de monitoreo.\n");
}

TEST(RenderMail, TellsAnOutageInEnglish) {
    EXPECT_EQ(render(sample(NotificationKind::alert), Language::en).text,
              "🔴 Service down: Web uno\n"
              "\n"
              "Service: Web uno\n"
              "Type: Website\n"
              "Status: DOWN\n"
              "Date and time: " +
                  local(kConfirmed) +
                  "\n"
                  "Since: " +
                  local(kConfirmed - 132s) +
                  "\n"
                  "Down for: 2 min 12 s\n"
                  "Reason: unexpected status code 503 (phase: status)\n"
                  "Timings: DNS 0.4 ms · connection 2 ms · TLS 31 ms · first byte 187 ms · "
                  "transfer 1 ms · total 221 ms\n"
                  "\n"
                  "Additional information:\n"
                  "  | <h1>503</h1>\n"
                  "  | <p>come back \"later\" & rest</p>\n"
                  "\n"
                  "Hostname: watcher-01\n"
                  "System: Linux 6.1.0-18-amd64\n"
                  "Machine: x86_64\n"
                  "\n"
                  "This is an automatic message of the monitoring system.\n");
}

TEST(RenderMail, TellsARecoveryWithItsOwnConfirmation) {
    const std::string text = render(sample(NotificationKind::recovery)).text;
    EXPECT_THAT(text, StartsWith("🟢 Servicio recuperado: Web uno\n"));
    EXPECT_THAT(text, HasSubstr("\nEstado: RECUPERADO\n"));
    EXPECT_THAT(text, HasSubstr("\nFecha y hora: " + local(kConfirmed + 25min) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nDesde: " + local(kConfirmed - 132s) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nCaído durante: 27 min 12 s\n"));
    EXPECT_THAT(text, Not(HasSubstr("Caída confirmada")));
    EXPECT_THAT(text, Not(HasSubstr("Información adicional")));
}

TEST(RenderMail, TellsBothConfirmationsWhereTheRecoveryStandsForTheAlert) {
    Notification merged = sample(NotificationKind::recovery);
    merged.merged_alert = true;
    const MailMessage mail = render(merged);
    EXPECT_EQ(mail.subject, "🟢 RECUPERADO: Servicio Web uno");
    EXPECT_THAT(mail.text, HasSubstr("\nFecha y hora: " + local(kConfirmed + 25min) + "\n"));
    EXPECT_THAT(mail.text, HasSubstr("\nCaída confirmada: " + local(kConfirmed) + "\n"));
    EXPECT_THAT(mail.text, HasSubstr("La alerta no pudo entregarse a tiempo"));
    EXPECT_THAT(mail.html, HasSubstr("La alerta no pudo entregarse a tiempo"));
    EXPECT_THAT(render(merged, Language::en).text,
                HasSubstr("\nOutage confirmed: " + local(kConfirmed) + "\n"));
}

TEST(RenderMail, AnAlertThatIsRetriedAfterItsOutageTellsThatItIsOver) {
    for (const auto kind : {NotificationKind::alert, NotificationKind::reminder}) {
        Announcement about = sample_outage();
        about.recovered_at = kConfirmed + 25min;
        Notification late = sample(kind, about);
        late.retried_at = kConfirmed + 100h;
        const MailMessage mail = render(late);
        EXPECT_EQ(mail.message_id, render(sample(kind)).message_id) << "it stays what it was";
        EXPECT_EQ(mail.subject, "🟢 RECUPERADO: Servicio Web uno");
        EXPECT_THAT(mail.text, AllOf(StartsWith("🟢 Servicio recuperado: Web uno\n"),
                                     HasSubstr("La alerta no pudo entregarse a tiempo"),
                                     HasSubstr("\nEstado: RECUPERADO\n"),
                                     HasSubstr("Fecha y hora: " + local(kConfirmed + 25min)),
                                     HasSubstr("\nCaída confirmada: " + local(kConfirmed) + "\n"),
                                     Not(HasSubstr("Recordatorio"))));
    }
}

TEST(RenderMail, AnAlertThatIsRetriedDuringItsOutageTellsThatItIsLate) {
    Notification late = sample(NotificationKind::alert);
    late.retried_at = kConfirmed + 1h;
    const MailMessage mail = render(late, Language::en);
    EXPECT_EQ(mail.subject, "🔴 ALERT: Service down - Web uno");
    EXPECT_THAT(mail.text, AllOf(HasSubstr("This message could not be delivered in time"),
                                 HasSubstr("\nStatus: DOWN\n")));
}

TEST(RenderMail, CountsReminders) {
    const std::string text = render(sample(NotificationKind::reminder)).text;
    EXPECT_THAT(text, StartsWith("🔴 Servicio sigue caído: Web uno\n"));
    EXPECT_THAT(text, HasSubstr("\nFecha y hora: " + local(kConfirmed) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nRecordatorio: n.º 2, " + local(kConfirmed + 40min) + "\n"));
    EXPECT_THAT(text, HasSubstr("\nCaído durante: 42 min 12 s\n"));
    EXPECT_THAT(render(sample(NotificationKind::reminder), Language::en).text,
                HasSubstr("\nReminder: no. 2, " + local(kConfirmed + 40min) + "\n"));
}

TEST(RenderMail, TellsThatATestIsATest) {
    const MailMessage mail = render(sample(NotificationKind::test));
    EXPECT_THAT(mail.text,
                AllOf(StartsWith("🔔 Mensaje de prueba\n"), HasSubstr("\nEstado: PRUEBA\n"),
                      HasSubstr("\nHostname: watcher-01\n"), Not(HasSubstr("Motivo"))));
    EXPECT_TRUE(mail.in_reply_to.empty());
}

TEST(RenderMail, NamesTheSectionOfTheMonitor) {
    struct Case {
        MonitorCategory category;
        std::string_view spanish;
        std::string_view english;
    };
    const std::vector<Case> cases{{MonitorCategory::website, "Sitio Web", "Website"},
                                  {MonitorCategory::database, "Base de Datos", "Database"},
                                  {MonitorCategory::service, "Servicio", "Service"}};
    for (const Case& c : cases) {
        Announcement about = sample_outage();
        about.category = c.category;
        const Notification alert = sample(NotificationKind::alert, about);
        EXPECT_THAT(render(alert).text, HasSubstr("\nTipo: " + std::string(c.spanish) + "\n"));
        EXPECT_THAT(render(alert, Language::en).text,
                    HasSubstr("\nType: " + std::string(c.english) + "\n"));
    }
}

TEST(RenderMail, LeavesOutWhatIsNotKnown) {
    Announcement about = sample_outage();
    about.reason = {};
    about.timings = {};
    about.evidence.clear();
    const MailMessage mail = render(sample(NotificationKind::alert, about));
    for (const char* const label : {"Motivo", "Tiempos", "Información adicional", "<pre"}) {
        EXPECT_THAT(mail.text, Not(HasSubstr(label)));
        EXPECT_THAT(mail.html, Not(HasSubstr(label)));
    }
}

TEST(RenderMail, KeepsOneThreadPerIncident) {
    const MailMessage alert = render(sample(NotificationKind::alert));
    const MailMessage reminder = render(sample(NotificationKind::reminder));
    const MailMessage recovery = render(sample(NotificationKind::recovery));
    EXPECT_TRUE(alert.in_reply_to.empty());
    EXPECT_EQ(reminder.in_reply_to, alert.message_id);
    EXPECT_EQ(recovery.in_reply_to, alert.message_id);
    EXPECT_NE(reminder.message_id, alert.message_id);
    EXPECT_NE(recovery.message_id, reminder.message_id);
    EXPECT_THAT(alert.message_id, AllOf(StartsWith("<vigia."), EndsWith("@example.com>")));
}

TEST(RenderMail, RendersTheSameBytesAtEveryAttempt) {
    const MailMessage first = render(sample(NotificationKind::alert));
    const MailMessage second = render(sample(NotificationKind::alert));
    EXPECT_EQ(first.message_id, second.message_id);
    EXPECT_EQ(first.text, second.text);
    EXPECT_EQ(first.html, second.html);
}

TEST(RenderMail, FillsTheEnvelopeFromTheChannel) {
    const MailMessage mail = render(sample(NotificationKind::alert));
    EXPECT_EQ(mail.from_address, "monitor@example.com");
    EXPECT_EQ(mail.from_name, "El vigía");
    EXPECT_EQ(mail.to, "ops@example.com");
    EXPECT_EQ(mail.date, kConfirmed);
}

struct DurationCase {
    Duration length;
    std::string_view text;
};

/// A row of a digest, about a monitor of its own.
Notification in_digest(NotificationKind kind, const std::string& name, Duration confirmed) {
    Announcement about = sample_outage();
    about.monitor_name = name;
    about.incident = IncidentId(name);
    about.started_at += confirmed;
    about.confirmed_at += confirmed;
    Notification row = sample(kind, about);
    row.digest = "digest:0123456789abcdef:email:ops@example.com";
    return row;
}

TEST(RenderDigest, HasALineForEachIncidentWhatGoesOnFirst) {
    const std::vector<Notification> rows{in_digest(NotificationKind::recovery, "Web uno", -1h),
                                         in_digest(NotificationKind::alert, "Web dos", 0s),
                                         in_digest(NotificationKind::reminder, "Web dos", 0s),
                                         in_digest(NotificationKind::alert, "Web tres", -10min)};
    const Catalog catalog(Language::es);
    const HostFacts host{"watcher-01", "Linux 6.1.0-18-amd64", "x86_64"};
    const RenderContext context{catalog, host, "monitor@example.com", "El vigía", kConfirmed};
    const MailMessage mail = render_digest(rows, context);
    EXPECT_EQ(mail.subject, "🔴 RESUMEN: alertas atrasadas: 3, servicios caídos: 2");
    EXPECT_EQ(mail.to, "ops@example.com");
    EXPECT_EQ(mail.message_id, message_id(NotificationId(rows[0].digest), "example.com"));
    EXPECT_EQ(mail.in_reply_to, "");
    EXPECT_THAT(
        mail.text,
        HasSubstr(
            "CAÍDO: Web tres: caído desde " + local(kConfirmed - 132s - 10min) +
            ". código de estado inesperado: 503 (fase: estado)\nCAÍDO: Web dos: caído desde " +
            local(kConfirmed - 132s) +
            ". código de estado inesperado: 503 (fase: estado)\nRECUPERADO: Web uno: caído desde " +
            local(kConfirmed - 132s - 1h) + " hasta " + local(kConfirmed + 25min)));
    EXPECT_THAT(mail.html, HasSubstr("Web tres"));
}

TEST(RenderDigest, SaysWhenAllIsWell) {
    const std::vector<Notification> rows{in_digest(NotificationKind::recovery, "<b>Uno", -1h)};
    const Catalog catalog(Language::en);
    const MailMessage mail =
        render_digest(rows, {catalog, {}, "monitor@example.com", "", kConfirmed});
    EXPECT_EQ(mail.subject, "🟢 SUMMARY: delayed alerts: 1, all recovered");
    EXPECT_THAT(mail.html, Not(HasSubstr("<b>Uno")));
}

TEST(FormatDuration, ShowsTheTwoLargestUnits) {
    const std::vector<DurationCase> cases{
        {-5s, "0 s"},
        {0s, "0 s"},
        {99ms, "0 s"},
        {400ms, "0.4 s"},
        {3s, "3 s"},
        {9990ms, "9.9 s"},
        {12'900ms, "12 s"},
        {59'999ms, "59 s"},
        {60s, "1 min"},
        {200s, "3 min 20 s"},
        {3599s, "59 min 59 s"},
        {1h, "1 h"},
        {2h + 5min + 9s, "2 h 5 min"},
        {24h, "1 d"},
        {122h + 59min, "5 d 2 h"},
        {Duration::max(), "106751 d 23 h"},
    };
    for (const DurationCase& c : cases) EXPECT_EQ(format_duration(c.length), c.text);
}

TEST(RenderMail, TellsALossOfOurOwnNetwork) {
    Announcement about;
    about.incident = IncidentId("uplink-1");
    about.started_at = kConfirmed;
    about.confirmed_at = kConfirmed;
    about.recovered_at = kConfirmed + 25min;
    about.down_for = 25min;
    about.reason.code = ReasonCode::uplink_down;
    about.message_domain = "example.com";
    const Notification notice = sample(NotificationKind::offline, about);
    const MailMessage spanish = render(notice);
    EXPECT_EQ(spanish.subject, "🟠 MONITOR SIN RED: no se pudo vigilar nada");
    EXPECT_EQ(spanish.in_reply_to, "");
    EXPECT_THAT(
        spanish.text,
        AllOf(StartsWith("🟠 El monitor estuvo sin red\n\nEl sistema de monitoreo no tuvo"),
              HasSubstr("Estado: DE NUEVO EN LÍNEA\nDesde: " + local(kConfirmed) +
                        "\nHasta: " + local(kConfirmed + 25min) +
                        "\nDuración: 25 min\nMotivo: esta máquina está sin red\n"),
              HasSubstr("Hostname: watcher-01"), Not(HasSubstr("Servicio: "))));
    EXPECT_THAT(spanish.html, AllOf(HasSubstr("#b35309"), HasSubstr("DE NUEVO EN LÍNEA")));
    const MailMessage english = render(notice, Language::en);
    EXPECT_EQ(english.subject, "🟠 MONITOR OFFLINE: nothing could be watched");
    EXPECT_THAT(english.text, AllOf(HasSubstr("From: " + local(kConfirmed)),
                                    HasSubstr("Until: " + local(kConfirmed + 25min)),
                                    HasSubstr("no outage was announced for it")));
}

TEST(RenderMail, TellsATroubleOfOurOwn) {
    Announcement about;
    about.incident = IncidentId("trouble-store_failing-1");
    about.started_at = kConfirmed;
    about.confirmed_at = kConfirmed + 65s;
    about.reason.code = ReasonCode::store_failing;
    about.message_domain = "example.com";
    const Notification notice = sample(NotificationKind::trouble, about);
    const MailMessage spanish = render(notice);
    const std::string what = "el almacén lleva más de un minuto sin escribirse";
    EXPECT_EQ(spanish.subject, "🟠 MONITOR CON PROBLEMAS: " + what);
    EXPECT_EQ(spanish.in_reply_to, "");
    EXPECT_THAT(spanish.text,
                AllOf(StartsWith("🟠 El monitor tiene problemas: " + what + "\n\n"),
                      HasSubstr("Estado: CON PROBLEMAS\nDesde: " + local(kConfirmed) +
                                "\nMotivo: " + what + "\n"),
                      HasSubstr("Hostname: watcher-01"), Not(HasSubstr("Servicio: "))));
    EXPECT_THAT(spanish.html, HasSubstr("#b35309"));
    EXPECT_EQ(render(notice, Language::en).subject,
              "🟠 MONITOR IN TROUBLE: the store has not been written for more than a minute");
}

}  // namespace
}  // namespace vigia::test
