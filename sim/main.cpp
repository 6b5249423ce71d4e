#include "sim/random_script.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vigia::sim {
namespace {

constexpr std::string_view kUsage =
    "usage: vigia-sim [--seed N] [--seeds COUNT] [--monitors N] [--hours H] [--faults FACTOR]\n"
    "                 [--disk] [--scenario FILE] [--once] [--verbose]\n"
    "Runs the whole daemon in virtual time, with faults, under its invariants: COUNT seeds from N\n"
    "on, or a scenario; --disk: on an SQLite store whose disk loses power. Every run is made\n"
    "twice, which must do the same (--once: not). Exit status 1 if an invariant broke or two runs\n"
    "differed, 2 for bad usage.\n";

struct Options {
    ScenarioOptions world;
    std::uint64_t seeds = 1;
    std::string scenario;
    bool once = false;
    bool verbose = false;
};

template <class Number>
Number number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw std::invalid_argument(fmt::format("not a number: {}", text));
    }
    return value;
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const auto value = [&]() -> std::string_view {
            if (++i >= argc) throw std::invalid_argument(fmt::format("{}: value missing", name));
            return argv[i];
        };
        if (name == "--seed") {
            options.world.seed = number<std::uint64_t>(value());
        } else if (name == "--seeds") {
            options.seeds = number<std::uint64_t>(value());
        } else if (name == "--monitors") {
            options.world.monitors = number<std::size_t>(value());
        } else if (name == "--hours") {
            options.world.length = from_seconds(number<double>(value()) * 3600);
        } else if (name == "--faults") {
            options.world.faults = number<double>(value());
        } else if (name == "--disk") {
            options.world.on_disk = true;
        } else if (name == "--scenario") {
            options.scenario = value();
        } else if (name == "--once") {
            options.once = true;
        } else if (name == "--verbose") {
            options.verbose = true;
        } else {
            throw std::invalid_argument(fmt::format("unknown: {}", name));
        }
    }
    return options;
}

double processor_seconds() {
    // tidy: allow(banned-call) how long a run took; nothing in the simulation sees it
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void print_line(const Journal::Line& line) {
    fmt::print("{}\n", format_line(line));
}

Report run_once(const Script& script, bool verbose) {
    World world(script);
    if (verbose) world.set_sink(print_line);
    return world.run();
}

void print_summary(const Script& script, const Report& report, double took) {
    const Tally& tally = report.tally;
    fmt::print(
        "{}: {:.1f} h, {} checks, {} probes, {} incidents, {} mails, {} dead letters, {} crashes, "
        "{} restarts, {} reloads, {} refused commits, journal {:016x}, {:.2f} s\n",
        script.name, to_seconds(report.length) / 3600, tally.checks(), tally.probes(),
        tally.incidents(), tally.mails(), report.dead_letters, tally.crashes(), tally.restarts(),
        tally.reloads(), tally.refused_commits(), report.hash, took);
}

/// True if the run kept every promise, twice in the same way.
bool run(const Script& script, const Options& options, const Expectations* expected) {
    const double begun = processor_seconds();
    const Report report = run_once(script, options.verbose);
    print_summary(script, report, processor_seconds() - begun);
    bool good = report.findings.empty();
    if (!good) fmt::print("{}", describe(report, script));
    if (good && expected != nullptr) {
        for (const std::string& difference : differences(*expected, report)) {
            fmt::print("{}: {}\n", script.name, difference);
            good = false;
        }
    }
    if (!options.once) {
        const Report again = run_once(script, false);
        if (again.hash != report.hash || again.last_draw != report.last_draw) {
            fmt::print(
                "{}: the second run differs: journal {:016x}, last draw {:016x} and {:016x}; "
                "{}\n",
                script.name, again.hash, report.last_draw, again.last_draw, script.reproduce);
            good = false;
        }
    }
    std::fflush(stdout);
    return good;
}

bool run_scenario(const Options& options) {
    std::ifstream file(options.scenario, std::ios::binary);
    if (!file) throw std::invalid_argument(fmt::format("cannot read {}", options.scenario));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    Scenario scenario = read_scenario(options.scenario, text);
    scenario.script.on_disk |= options.world.on_disk;
    return run(scenario.script, options, &scenario.expected);
}

bool run_seeds(Options options) {
    bool good = true;
    for (std::uint64_t i = 0; i < options.seeds; ++i, ++options.world.seed) {
        good = run(make_random_script(options.world), options, nullptr) && good;
    }
    return good;
}

}  // namespace
}  // namespace vigia::sim

int main(int argc, char** argv) {
    using namespace vigia::sim;
    try {
        const Options options = read_options(argc, argv);
        return (options.scenario.empty() ? run_seeds(options) : run_scenario(options)) ? 0 : 1;
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr, "vigia-sim: {}\n{}", error.what(), kUsage);
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "vigia-sim: {}\n", error.what());
        return 1;
    }
}
