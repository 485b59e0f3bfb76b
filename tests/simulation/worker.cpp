#include <simulation/worker.hpp>

#include <algorithm>

#include <simulation/client.hpp>

namespace taskwire::simulation {

using namespace std::chrono_literals;
namespace b = spec::basic;

worker::worker(client& owner, const scenario& options, dice& roll, task_book& book,
               std::size_t number)
    : owner_(&owner), options_(&options), roll_(&roll), book_(&book), number_(number) {}

time_point worker::due() const {
    auto next = channel_.number == 0 ? open_at_ : settle_at_;
    for (const auto& each : jobs_)
        if (!each.worked)
            next = std::min(next, each.ready_at);
    return next;
}

void worker::step(time_point now) {
    if (channel_.number == 0 && open_at_ <= now) {
        open_at_ = never;
        channel_ = owner_->open_channel(purpose::worker_open, number_, now);
    }
    bool worked = settle_at_ <= now;
    for (auto& each : jobs_)
        if (!each.worked && each.ready_at <= now) {
            work(each);
            worked = true;
        }
    if (worked)
        settle_worked(now);
    std::erase_if(jobs_, [&](const job& each) {
        return each.settled || (each.worked && each.channel != channel_);
    });
}

void worker::on_opened(time_point now) {
    last_tag_ = 0;
    owner_->request(channel_, b::qos{.prefetch_count = options_->prefetch}, purpose::worker_qos,
                    number_, now);
}

void worker::on_qos(time_point now) {
    consume(now);
}

void worker::consume(time_point now) {
    tag_.clear();
    owner_->request(channel_, b::consume{.queue = "jobs"}, purpose::worker_consume, number_, now);
}

void worker::on_consuming(std::string_view tag) {
    check(!consuming_, "a consumer begins once");
    consuming_ = true;
    tag_ = tag;
    owner_->record().consumer_began("jobs");
}

/// By the broker, or by us for a change: either way it goes on under a fresh tag.
void worker::on_cancelled(time_point now) {
    if (!std::exchange(consuming_, false))
        return; // ours and the broker's have crossed
    owner_->record().consumer_ended("jobs");
    consume(now);
}

void worker::on_open_failed(time_point now) {
    channel_ = {};
    open_at_ = now + 200ms;
}

void worker::on_delivery(const proto::event::delivery& delivery, time_point now) {
    const auto& message = *delivery.message;
    const auto task = task_of(message.properties.message_id.value_or(""));
    check(task != 0 && task < book_->tasks.size(), "a delivery carries its task's id");
    auto& known = book_->tasks[task];
    check(is_body_of(message.body, task, known.body_size), "a delivered body is intact");
    check(delivery.method.consumer_tag == tag_, "a delivery is for the present consumer");
    check(delivery.method.delivery_tag == ++last_tag_, "delivery tags ascend by one");
    if (!delivery.method.redelivered)
        ++known.delivered_afresh;
    check(known.delivered_afresh <= known.published,
          "a task that comes again was published again, or is flagged as redelivered");
    jobs_.push_back({.channel = delivery.channel,
                     .tag = delivery.method.delivery_tag,
                     .number = message.properties.timestamp.value_or(0),
                     .task = task,
                     .ready_at = now + roll_->between(duration{0}, options_->work_max)});
}

void worker::on_channel_closed(time_point now) {
    if (std::exchange(consuming_, false))
        owner_->record().consumer_ended("jobs");
    channel_ = {};
    settle_at_ = never;
    open_at_ = now + 10ms;
}

void worker::work(job& each) {
    each.worked = true;
    auto& known = book_->tasks[each.task];
    if (known.worked++ == 0)
        ++book_->worked;
    if (each.channel != channel_)
        acknowledge_stale(each);
    else if (roll_->chance(options_->wrong_ack))
        provoke(each.tag);
}

/// On purpose: the delivery came on a channel that has ended, so it is not ours to settle.
void worker::acknowledge_stale(const job& each) {
    if (!roll_->chance(options_->stale_ack))
        return;
    auto& machine = owner_->machine();
    const auto queued = machine.queued_bytes();
    const auto fault = roll_->chance(50)
                           ? machine.send(each.channel, b::ack{.delivery_tag = each.tag})
                           : machine.send(each.channel, b::nack{.delivery_tag = each.tag});
    check(fault == errc::stale_delivery && machine.queued_bytes() == queued,
          "a stale acknowledgement is told and never reaches the wire");
}

/// On purpose: a tag that was never delivered, or was settled before.
void worker::provoke(std::uint64_t tag) {
    auto& machine = owner_->machine();
    if (!machine.is_open(channel_))
        return;
    const bool settled_before = std::none_of(jobs_.begin(), jobs_.end(), [&](const job& each) {
        return each.channel == channel_ && !each.settled && each.tag == tag - 1;
    });
    const auto wrong = settled_before && roll_->chance(50) ? tag - 1 : last_tag_ + 1;
    if (wrong == 0)
        return;
    const auto queued = machine.queued_bytes();
    const auto fault =
        roll_->chance(50) ? machine.send(channel_, b::reject{.delivery_tag = wrong})
                          : machine.send(channel_, b::ack{.delivery_tag = wrong, .multiple = true});
    check(fault == errc::unknown_delivery_tag && machine.queued_bytes() == queued,
          "a wrong acknowledgement is told and never reaches the wire");
}

void worker::settle_worked(time_point now) {
    settle_at_ = never;
    if (channel_.number == 0)
        return;
    if (roll_->chance(options_->ack_multiple)) {
        settle_front();
    } else {
        for (auto& each : jobs_)
            if (each.worked && !each.settled && each.channel == channel_)
                settle_one(each);
    }
    if (std::any_of(jobs_.begin(), jobs_.end(), [&](const job& each) {
            return each.worked && !each.settled && each.channel == channel_;
        }))
        settle_at_ = now + 50ms;
    if (consuming_ && roll_->chance(2))
        owner_->request(channel_, b::cancel{.consumer_tag = tag_}, purpose::worker_cancel, number_,
                        now);
}

void worker::settle_one(job& each) {
    each.settled = true;
    const bool requeue = roll_->chance(options_->hand_back);
    if (!requeue)
        send(b::ack{.delivery_tag = each.tag}, each.number, 1);
    else if (roll_->chance(50))
        send(b::nack{.delivery_tag = each.tag}, each.number, 1);
    else
        send(b::reject{.delivery_tag = each.tag}, each.number, 1);
}

/// Acknowledges in one go the oldest deliveries, up to the first that is still being worked on.
void worker::settle_front() {
    std::uint64_t last = 0;
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    bool all = true;
    for (auto& each : jobs_) {
        if (each.channel != channel_ || each.settled)
            continue;
        all = all && each.worked;
        if (!all)
            break;
        each.settled = true;
        last = each.tag;
        sum += each.number;
        ++count;
    }
    if (count == 0)
        return;
    if (all && roll_->chance(30))
        last = 0; // all that was delivered
    if (roll_->chance(options_->hand_back))
        send(b::nack{.delivery_tag = last, .multiple = true}, sum, count);
    else
        send(b::ack{.delivery_tag = last, .multiple = true}, sum, count);
}

template <class Method>
void worker::send(const Method& method, std::uint64_t deliveries, std::uint64_t count) {
    auto& machine = owner_->machine();
    const auto fault = machine.send(channel_, method);
    if (machine.is_open(channel_)) {
        check(!fault, "an outstanding delivery can be settled");
        owner_->wire().acks_under_way.push_back({deliveries, count});
    } else {
        check(fault == errc::stale_delivery, "a channel on its way out settles nothing");
    }
}

void worker::judge() const {
    if (channel_.number == 0 || !owner_->machine().is_open(channel_))
        return;
    const auto outstanding = std::count_if(jobs_.begin(), jobs_.end(), [&](const job& each) {
        return each.channel == channel_ && !each.settled;
    });
    check(owner_->machine().unacknowledged_count(channel_) == static_cast<std::size_t>(outstanding),
          "the ledger knows what is unacknowledged");
}

} // namespace taskwire::simulation
