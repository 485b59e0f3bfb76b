#include <taskwire/detail/client_core.hpp>

#include <utility>

/// What a new session is given: the topology first, then publishers, then consumers.
namespace taskwire::detail {

namespace recovery_event = proto::recovery_event;

namespace {

template <class Method>
Method decode(const proto::encoded_method& from) {
    Method result;
    wire::reader in{from.arguments, static_cast<std::size_t>(-1)};
    wire::decode(in, result);
    return result;
}

/// "queue.declare jobs"
std::string describe_step(const proto::encoded_method& step) {
    const auto line = [&](std::string_view a, std::string_view b = {}) {
        std::string text{spec::method_name(step.id)};
        return text.append(" ").append(a).append(b.empty() ? "" : " to ").append(b);
    };
    if (step.id == spec::queue::declare::id)
        return line(decode<spec::queue::declare>(step).queue);
    if (step.id == spec::exchange::declare::id)
        return line(decode<spec::exchange::declare>(step).exchange);
    if (step.id == spec::queue::bind::id) {
        const auto bind = decode<spec::queue::bind>(step);
        return line(bind.queue, bind.exchange);
    }
    const auto bind = decode<spec::exchange::bind>(step);
    return line(bind.destination, bind.source);
}

} // namespace

// --- exchanges, queues, bindings

void client_core::restore_topology() {
    topology_.begin_replay();
    if (topology_.size() == 0)
        return restore_members();
    send_step(nullptr);
}

/// A broker that refuses says so. One that answers too late is not the one to restore anything on:
/// the session goes, and recovery tries another. Later an answer that waits for a queue costs who
/// asked, and nobody else; but a connection that gives no channel is of no use to anybody, though
/// its heartbeats go on: RabbitMQ's can wait for a node that is gone. One that is blocked says why.
bool client_core::is_session_at_fault(const failure& what, asked whom) {
    if (what.code != errc::request_timed_out)
        return false;
    const bool is_restoring = recovery_.state() == proto::recovery_state::replaying;
    if (!is_restoring && (whom == asked::queue || session_->machine().blocked()))
        return false;
    session_->close(0, {});
    return true;
}

/// One request at a time. A refusal costs the channel: the next step gets another.
void client_core::send_step(std::shared_ptr<channel_core> on) {
    auto step = topology_.next_step();
    if (!step) {
        report_.restored = topology_.replay().restored;
        if (on)
            on->release();
        return restore_members();
    }
    if (!on)
        return open_channel(0, [self = shared_from_this(), of = session_](
                                   const failure& what, std::shared_ptr<channel_core> fresh) {
            if (self->session_ != of || of->has_ended())
                return;
            if (what)
                return of->close(0, {});
            self->send_step(std::move(fresh));
        });
    auto name = describe_step(*step);
    on->request(std::move(*step), 0,
                [self = shared_from_this(), of = session_, on, name = std::move(name)](
                    const failure& what, const proto::event::reply* reply) mutable {
                    if (self->session_ != of || of->has_ended())
                        return;
                    if (self->is_session_at_fault(what, asked::queue))
                        return;
                    if (what) {
                        self->topology_.step_failed(
                            what.reason ? *what.reason : close_reason{what.code, {}, false, {}});
                        self->note_failure(std::move(name), what);
                        return self->send_step(nullptr);
                    }
                    if (const auto renamed = self->topology_.step_succeeded(reply->arguments)) {
                        self->report_.renamed.push_back({renamed->old_name, renamed->new_name});
                        for (auto& [id, each] : self->consumers_)
                            if (each.core->queue_name() == renamed->old_name)
                                each.core->rename_queue(renamed->new_name);
                    }
                    self->send_step(std::move(on));
                });
}

void client_core::note_failure(std::string what, const failure& why) {
    report_.failures.push_back(
        {std::move(what), why.reason ? *why.reason : close_reason{why.code, {}, false, {}}});
}

// --- publishers and consumers

void client_core::restore_members() {
    restoring_ = publishers_.size() + consumers_.size() + 1;
    // By number: one that fails at once is gone from the map.
    std::vector<member_id> publishers;
    std::vector<member_id> consumers;
    publishers.reserve(publishers_.size());
    consumers.reserve(consumers_.size());
    for (const auto& [id, each] : publishers_)
        publishers.push_back(id);
    for (const auto& [id, each] : consumers_)
        consumers.push_back(id);
    for (const auto id : publishers)
        bind_publisher(id, true);
    for (const auto id : consumers)
        bind_consumer(id, true);
    restored_one();
}

void client_core::restored_one() {
    if (restoring_ == 0)
        return;
    if (--restoring_ == 0)
        drive(recovery_event::replayed{});
}

/// Until then they wait for `restore_members`.
bool client_core::takes_members() const {
    return is_connected() &&
           (restoring_ > 0 || recovery_.state() == proto::recovery_state::established);
}

void client_core::open_publisher(const publisher_options& options, operation_id operation,
                                 publisher_callback done) {
    if (is_ended_)
        return done({errc::connection_closed, reason_}, nullptr);
    const auto id = next_member_++;
    auto core = std::make_shared<publisher_core>(*queue_, options);
    core->keep({.on_unbound = [this, id] { on_publisher_unbound(id); },
                .on_ended = [this, id] { publishers_.erase(id); }});
    publishers_.emplace(id, member<publisher_core>{std::move(core), operation, std::move(done)});
    if (takes_members())
        bind_publisher(id, false);
}

/// Its channel failed. When that was the connection's end, it is bound with the others.
void client_core::on_publisher_unbound(member_id which) {
    if (takes_members())
        bind_publisher(which, false);
}

void client_core::bind_publisher(member_id which, bool is_restored) {
    open_confirming(*session_, publishers_.at(which).operation,
                    [self = shared_from_this(), of = session_, which,
                     is_restored](const failure& what, std::shared_ptr<channel_core> on) {
                        if (self->session_ != of || of->has_ended() ||
                            self->is_session_at_fault(what, asked::connection))
                            return;
                        if (const auto found = self->publishers_.find(which);
                            found == self->publishers_.end()) {
                            if (on)
                                on->release();
                        } else if (what) {
                            const auto core = found->second.core;
                            if (auto opened = std::move(found->second.opened))
                                opened(what, nullptr);
                            core->end(what);
                        } else {
                            const auto core = found->second.core;
                            core->bind(std::move(on));
                            ++self->report_.publishers;
                            if (auto opened = std::move(found->second.opened))
                                opened({}, core);
                        }
                        if (is_restored)
                            self->restored_one();
                    });
}

void client_core::open_consumer(std::string queue, const consumer_options& options,
                                operation_id operation, consumer_callback done) {
    if (is_ended_)
        return done({errc::connection_closed, reason_}, nullptr);
    const auto id = next_member_++;
    topology_.consumer_began(queue);
    auto core = std::make_shared<consumer_core>(*queue_, std::move(queue), options);
    core->keep([this, id] { on_consumer_ended(id); });
    consumers_.emplace(id, member<consumer_core>{std::move(core), operation, std::move(done)});
    if (takes_members())
        bind_consumer(id, false);
}

void client_core::on_consumer_ended(member_id which) {
    if (const auto found = consumers_.find(which); found != consumers_.end()) {
        topology_.consumer_ended(found->second.core->queue_name());
        consumers_.erase(found);
    }
}

void client_core::bind_consumer(member_id which, bool is_restored) {
    const auto operation = consumers_.at(which).operation;
    session_->open_channel(
        operation, [self = shared_from_this(), of = session_, which, is_restored,
                    operation](const failure& what, const std::shared_ptr<channel_core>& on) {
            if (self->session_ != of || of->has_ended() ||
                self->is_session_at_fault(what, asked::connection))
                return;
            const auto started = [self, of, which, is_restored, on](const failure& fault) {
                if (self->session_ != of || of->has_ended() ||
                    self->is_session_at_fault(fault, asked::queue))
                    return;
                self->on_consumer_started(which, on, fault);
                if (is_restored)
                    self->restored_one();
            };
            const auto found = self->consumers_.find(which);
            if (what || found == self->consumers_.end())
                return started(what);
            found->second.core->start(on, operation, started);
        });
}

void client_core::on_consumer_started(member_id which, const std::shared_ptr<channel_core>& on,
                                      const failure& what) {
    const auto found = consumers_.find(which);
    if (on && (what || found == consumers_.end()))
        on->release();
    if (found == consumers_.end())
        return;
    const auto core = found->second.core;
    auto opened = std::move(found->second.opened);
    if (what) {
        note_failure("basic.consume " + core->queue_name(), what);
        core->end(what);
    } else {
        ++report_.consumers;
    }
    if (opened)
        opened(what, what ? nullptr : core);
}

} // namespace taskwire::detail
