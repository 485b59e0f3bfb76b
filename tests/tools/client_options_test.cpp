#include <common/client_options.hpp>

#include <doctest/doctest.h>

#include <tools/scoped_environment.hpp>

#include <cstdio>
#include <fstream>

using namespace taskwire::tools;
using taskwire::connect_options;

namespace {

// The shared options as a tool without others would parse them.
client_options parse(std::vector<std::string> arguments) {
    client_options result;
    CLI::App app;
    add_client_options(app, result, "60s");
    parse_command_line(app, std::move(arguments), "producer", client_alternatives());
    check(result);
    return result;
}

connect_options resolved(std::vector<std::string> arguments) {
    return resolve(parse(std::move(arguments)), "test");
}

std::string failure_of(std::vector<std::string> arguments) {
    try {
        resolved(std::move(arguments));
    } catch (const usage_error& fault) {
        return fault.what();
    }
    return "no failure";
}

// A file that is gone with the scope.
class temporary_file {
  public:
    explicit temporary_file(const std::string& text) {
        path_ = std::tmpnam(nullptr); // NOLINT: a test's file, at once created
        std::ofstream(path_) << text;
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

} // namespace

TEST_CASE("where the URL comes from: flag, file, TASKWIRE_URL, AMQP_URL, default") {
    CHECK(resolved({}).endpoints.front().host == "localhost");
    CHECK(resolved({}).endpoints.front().port == 5672);
    const scoped_environment weakest("AMQP_URL", "amqp://from-amqp-url/");
    CHECK(resolved({}).endpoints.front().host == "from-amqp-url");
    const scoped_environment stronger("TASKWIRE_URL", "amqp://from-taskwire-url/");
    CHECK(resolved({}).endpoints.front().host == "from-taskwire-url");
    const temporary_file secret("amqp://app:pw@from-file/v\r\nnot this line\n");
    CHECK(resolved({"--url-file", secret.path()}).endpoints.front().host == "from-file");
    CHECK(resolved({"--url-file", secret.path()}).protocol.virtual_host == "v");
    CHECK(resolved({"-u", "amqp://from-flag/"}).endpoints.front().host == "from-flag");
    const scoped_environment file("TASKWIRE_URL_FILE", secret.path().c_str());
    CHECK(resolved({}).endpoints.front().host == "from-file");
    CHECK(resolved({"-u", "amqp://from-flag/"}).endpoints.front().host == "from-flag");
}

TEST_CASE("several hosts, by comma or by repetition") {
    const auto by_comma = resolved({"--url", "amqp://a:1/,amqp://b:2/"});
    const auto repeated = resolved({"-u", "amqp://a:1/", "-u", "amqp://b:2/"});
    REQUIRE(by_comma.endpoints.size() == 2);
    REQUIRE(repeated.endpoints.size() == 2);
    CHECK(to_string(by_comma.endpoints[1]) == "b:2");
    CHECK(to_string(repeated.endpoints[1]) == "b:2");
}

TEST_CASE("the flag, the URL and the default of the heartbeat, in this order") {
    CHECK(resolved({}).protocol.heartbeat.count() == 30);
    CHECK(resolved({"-u", "amqp://h/?heartbeat=7"}).protocol.heartbeat.count() == 7);
    CHECK(
        resolved({"-u", "amqp://h/?heartbeat=7", "--heartbeat", "9s"}).protocol.heartbeat.count() ==
        9);
    CHECK(resolved({"--heartbeat", "0"}).protocol.heartbeat.count() == 0);
    CHECK(failure_of({"--heartbeat", "500ms"}) ==
          "--heartbeat: whole seconds are needed, at most 65535s");
    CHECK(resolved({"--connect-timeout", "250ms"}).connect_timeout.count() == 250);
    CHECK(resolved({}).protocol.connection_name == "test");
}

TEST_CASE("the flag, the environment, the file: the first that says something counts") {
    const temporary_file config("# a comment\n\nheartbeat = 3s\nqueue-type=classic\ncreate\n"
                                "[worker]\nno-such-option = 1\n[producer]\ncolor = never\n");
    const client_options from_file = parse({"--config", config.path()});
    CHECK(from_file.heartbeat == std::chrono::seconds(3));
    CHECK(from_file.type == queue_type::classic);
    CHECK(from_file.create);
    CHECK(from_file.color == color_choice::never);

    const scoped_environment name("TASKWIRE_CONFIG", config.path().c_str());
    const scoped_environment beats("TASKWIRE_HEARTBEAT", "4s");
    const scoped_environment no("TASKWIRE_CREATE", "0");
    CHECK(parse({}).heartbeat == std::chrono::seconds(4));
    CHECK_FALSE(parse({}).create);
    CHECK(parse({}).type == queue_type::classic);
    CHECK(parse({"--heartbeat", "5s"}).heartbeat == std::chrono::seconds(5));
}

TEST_CASE("an option given hides those that it excludes in weaker sources") {
    const scoped_environment must("TASKWIRE_MUST_EXIST", "1");
    const client_options options = parse({"--create"});
    CHECK(options.create);
    CHECK_FALSE(options.must_exist);
    CHECK(failure_of({"--create", "--must-exist"}) ==
          "--create and --must-exist exclude each other");
}

TEST_CASE("a bad value tells where it stands") {
    const scoped_environment bad("TASKWIRE_QUEUE_TYPE", "lazy");
    CHECK(failure_of({}) ==
          "$TASKWIRE_QUEUE_TYPE: --queue-type: 'lazy' is none of quorum, classic");
    const temporary_file config("heartbeat = 1s\nheart-beat = 2s\n");
    CHECK(failure_of({"--queue-type", "classic", "--config", config.path()}) ==
          config.path() + ":2: there is no option 'heart-beat'");
    CHECK(failure_of({"--queue-type", "classic", "--config", "/nonexistent/file"}) ==
          "cannot read /nonexistent/file");
}

TEST_CASE("no failure shows a password") {
    for (const char* url :
         {"amqp://app:hunter2@h:99999999/", "http://app:hunter2@h/", "amqp://app:hunter2@h/a/b"}) {
        const std::string text = failure_of({"-u", url});
        CHECK(text != "no failure");
        CHECK(text.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("TLS: the flag, then what the URL says") {
    const temporary_file ca("ca");
    const temporary_file other("other");
    const std::string url = "amqps://h/?cacertfile=" + ca.path() + "&certfile=" + ca.path() +
                            "&password=s3cret&server_name_indication=disable";
    const auto from_url = resolved({"-u", url});
    CHECK(from_url.endpoints.front().tls);
    CHECK(from_url.endpoints.front().port == 5671);
    CHECK(from_url.tls.ca_file == ca.path());
    CHECK(from_url.tls.certificate_file == ca.path());
    CHECK(from_url.tls.key_passphrase == "s3cret");
    CHECK_FALSE(from_url.tls.send_server_name);
    CHECK_FALSE(from_url.tls.insecure_no_verification);
    CHECK(warnings_of(from_url).empty());

    const scoped_environment passphrase("TASKWIRE_KEY_PASSPHRASE", "from the environment");
    const scoped_environment cert("TASKWIRE_CERT", other.path().c_str());
    const auto given = resolved({"-u", url, "--cacert", other.path(), "--key", other.path()});
    CHECK(given.tls.ca_file == other.path());
    CHECK(given.tls.certificate_file == other.path());
    CHECK(given.tls.key_file == other.path());
    CHECK(given.tls.key_passphrase == "from the environment");
    CHECK(resolved({"-u", "amqps://h/?server_name_indication=n"}).tls.server_name == "n");
}

TEST_CASE("TLS is not given up silently") {
    const temporary_file ca("ca");
    for (const std::string url : {"amqps://h/?verify=verify_none", "amqps://h/"}) {
        const auto to = resolved({"-u", url, "--insecure"});
        CHECK(to.tls.insecure_no_verification);
        CHECK(warnings_of(to).size() == 1);
    }
    CHECK(resolved({"-u", "amqps://h/?verify=verify_none"}).tls.insecure_no_verification);
    CHECK(failure_of({"-u", "amqp://h/", "--cacert", ca.path()}) ==
          "--cacert is of use with an amqps:// URL only");
    CHECK(failure_of({"-u", "amqp://h/", "--insecure"}) ==
          "--insecure is of use with an amqps:// URL only");
    CHECK(failure_of({"-u", "amqps://h/", "--cert", "/nowhere/it.pem"}) ==
          "--cert: cannot read /nowhere/it.pem: No such file or directory");
}

TEST_CASE("names in the environment") {
    CHECK(environment_name("url-file") == "TASKWIRE_URL_FILE");
    CHECK(environment_name("url") == "TASKWIRE_URL");
}

TEST_CASE("how long to go on without a connection") {
    CHECK_FALSE(parse({}).reconnect.has_value());
    const auto forever = parse({"--reconnect", "forever"}).reconnect;
    REQUIRE(forever.has_value());
    CHECK_FALSE(forever->at_most.has_value());
    CHECK(parse({"--reconnect", "no"}).reconnect->at_most == std::chrono::milliseconds(0));
    const scoped_environment name("TASKWIRE_RECONNECT", "5m");
    CHECK(parse({}).reconnect->at_most == std::chrono::minutes(5));
    CHECK(failure_of({"--reconnect", "60"}) ==
          "--reconnect: '60' is not forever, no, or a time such as 60s");
}
