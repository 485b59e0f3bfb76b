#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

#include <support/frames.hpp>

#include "capture.hpp"
#include "tshark_words.hpp"

using namespace taskwire;
using namespace taskwire::test;
using nlohmann::json;

namespace {

/// Every way in which tshark's print may differ from ours. What is not in this list is an error,
/// and so is an entry that no capture needs any more.
enum class exception {
    protocol_header_not_dissected,
    unknown_method,      ///< prints "Unknown (n)" and no fields: methods of RabbitMQ and its errata
    unknown_field_kind,  ///< 'L', and what stands behind it in the table
    own_publish_count,   ///< publish_number is counted, not read
    arguments_as_filter, ///< its name of basic.consume's arguments
    reserved_insist,     ///< pika and librabbitmq set a bit that we cannot set
    reserved_cluster_id, ///< a property that we skip
    reserved_nowait,     ///< RabbitMQ's basic.cancel
    count,
};

std::set<exception> met;

void except(exception which) {
    met.insert(which);
}

/// Names of fields that the spec reserves, so that our structs do not have them.
bool is_reserved_name(const std::string& name) {
    static const std::set<std::string> names{"ticket",       "nowait",      "insist",
                                             "capabilities", "known_hosts", "out_of_band",
                                             "channel_id",   "cluster_id"};
    return names.contains(name);
}

/// Takes out what tshark counted itself and what is reserved; returns the names of reserved fields
/// that are neither zero nor empty.
std::set<std::string> take_out_foreign(json& said) {
    std::set<std::string> used;
    json kept = json::array();
    for (const auto& each : said) {
        const std::string name = each.at(0);
        if (name == "publish_number") {
            except(exception::own_publish_count);
        } else if (is_reserved_name(name)) {
            if (each.at(1) != "0" && each.at(1) != "")
                used.insert(name);
        } else {
            kept.push_back(each);
        }
    }
    said = kept;
    return used;
}

/// tshark gives up on a table at a field of kind 'L': our words for it are stated here instead.
bool is_lost_table(const json& theirs) {
    return theirs.at(0) == "headers" &&
           theirs.at(1) ==
               json{"L: unknown type 4c (L)", "Field is cut off by the end of the field table"};
}

void compare_fields(const json& ours, const json& theirs) {
    REQUIRE(ours.size() == theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (is_lost_table(theirs[i])) {
            except(exception::unknown_field_kind);
            CHECK(ours[i] == json{"headers", json::array({"L (L): 1234567890123456789"})});
        } else if (theirs[i].at(0) == "filter") {
            except(exception::arguments_as_filter);
            CHECK(ours[i] == json{"arguments", theirs[i].at(1)});
        } else {
            CHECK(ours[i] == theirs[i]);
        }
    }
}

/// The methods that tshark does not know, as it prints them.
bool is_unknown_to_tshark(const json& ours, const json& said) {
    static const std::set<std::pair<std::string, std::string>> methods{
        {"Update-Secret (70)", "Unknown (70)"},
        {"Update-Secret-Ok (71)", "Unknown (71)"},
        {"Unbind-Ok (51)", "Unknown (51)"}};
    return said.contains("method") &&
           methods.contains({ours.at("method").at(1), said.at("method").at(1)});
}

/// What the recorder sent, in place of tshark's words for it.
json secret_fields() {
    return json::array({json::array({"new_secret", "67:75:65:73:74"}),
                        json::array({"reason", "the token was renewed"})});
}

/// Our encoder's bytes of a frame in which the peer used a field that is reserved: the same with
/// that field zero or left out.
std::string without_reserved(const capture& session, const captured_frame& each,
                             const std::string& name) {
    auto expected = each.bytes;
    const auto found = each.parsed();
    if (name == "cluster_id") {
        except(exception::reserved_cluster_id);
        // Nothing else of this message is set: flag bit 2 and the property go.
        const auto fixed = found.payload.substr(0, content_header_fixed_size);
        CHECK(found.payload.substr(fixed.size()) == std::string_view{"\0\x04\x08reserved", 11});
        return raw_frame(2, found.channel, std::string{fixed} + std::string(2, '\0'));
    }
    if (name == "insist") {
        except(exception::reserved_insist);
        const auto client = session.client.substr(0, session.client.find(' '));
        CHECK((client == "pika" || client == "librabbitmq" || client == "amqp-tools"));
    } else {
        except(exception::reserved_nowait);
        CHECK(name == "nowait");
        CHECK(each.said.at("from") == "server");
        CHECK(each.said.at("method") == json{"Basic (60)", "Cancel (30)"});
    }
    // Either is the lowest bit of the last octet.
    auto& last = expected.at(expected.size() - 2);
    CHECK(last == 1);
    last = 0;
    return expected;
}

/// Decodes one frame and compares every word; then encodes it and compares every byte.
void judge(const capture& session, const captured_frame& each) {
    const auto found = each.parsed();
    auto ours = tshark_words(found);
    auto said = each.said;
    std::set<std::string> reserved;
    if (is_unknown_to_tshark(ours, said)) {
        except(exception::unknown_method);
        CHECK(ours.at("method").at(0) == said.at("method").at(0));
        CHECK(said.at("fields").empty());
        CHECK(ours.at("fields") ==
              (ours.at("method").at(1) == "Update-Secret (70)" ? secret_fields() : json::array()));
        ours.erase("method");
        said.erase("method");
    } else if (ours.contains("fields")) {
        reserved = take_out_foreign(said.at("fields"));
        compare_fields(ours.at("fields"), said.at("fields"));
    }
    for (const auto* name : {"fields", "from"}) {
        ours.erase(name);
        said.erase(name);
    }
    CHECK(ours == said);

    REQUIRE(reserved.size() <= 1);
    const auto expected =
        reserved.empty() ? each.bytes : without_reserved(session, each, *reserved.begin());
    CHECK(encoded_again(found) == expected);
}

} // namespace

TEST_CASE("every captured frame decodes to what tshark printed, and encodes to the same bytes") {
    met.clear();
    for (const auto& session : captures()) {
        for (std::size_t i = 0; i < session.frames.size(); ++i) {
            const auto& each = session.frames[i];
            INFO(session.name << ", frame " << i << ": " << each.said.dump());
            if (each.is_protocol_header()) {
                except(exception::protocol_header_not_dissected);
                CHECK(i == 0);
                CHECK(each.from_client);
                CHECK(each.bytes == protocol_header);
                continue;
            }
            judge(session, each);
        }
    }
    CHECK(met.size() == static_cast<std::size_t>(exception::count));
}
