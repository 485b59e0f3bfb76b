#include <simulation/producer.hpp>

#include <algorithm>
#include <charconv>

#include <simulation/client.hpp>

namespace taskwire::simulation {

using namespace std::chrono_literals;

producer::producer(client& owner, const scenario& options, dice& roll, task_book& book)
    : owner_(&owner), options_(&options), roll_(&roll), book_(&book) {
    for (std::uint32_t task = 1; task < book.tasks.size(); ++task) {
        book.tasks[task].body_size =
            static_cast<std::uint32_t>(roll.below(options.body_size_max + 1));
        waiting_.push_back(task);
    }
}

bool producer::may_publish() const {
    return ready_ && flow_active_ && !waiting_.empty() && flights_.size() < options_->window;
}

time_point producer::due() const {
    if (channel_.number == 0)
        return open_at_;
    return may_publish() ? publish_at_ : never;
}

void producer::step(time_point now) {
    if (channel_.number == 0 && open_at_ <= now) {
        open_at_ = never;
        channel_ = owner_->open_channel(purpose::producer_open, 0, now);
    }
    while (may_publish() && publish_at_ <= now)
        publish(now);
}

void producer::on_opened(time_point now) {
    owner_->request(channel_, spec::confirm::select{}, purpose::producer_select, 0, now);
}

void producer::on_open_failed(time_point now) {
    channel_ = {};
    open_at_ = now + 200ms;
}

void producer::publish(time_point now) {
    const auto task = waiting_.front();
    auto& known = book_->tasks[task];
    char id[12];
    const auto* id_end = std::to_chars(id, id + sizeof id, task).ptr;
    const spec::basic::properties properties{
        .delivery_mode = std::uint8_t{2},
        .message_id = std::string_view{id, static_cast<std::size_t>(id_end - id)}};
    const auto result = owner_->machine().publish(
        channel_, {.exchange = "in", .routing_key = "jobs", .mandatory = true}, properties,
        body_of(task, known.body_size));
    if (result.error) {
        check(result.error == errc::channel_closed && !owner_->machine().is_open(channel_),
              "a publish is refused only when its channel is on its way out");
        ready_ = false; // channel_closed will follow
        return;
    }
    check(result.sequence != 0 && (flights_.empty() || result.sequence > flights_.back().sequence),
          "sequence numbers ascend");
    waiting_.pop_front();
    ++known.published;
    flights_.push_back({result.sequence, task, false});
    publish_at_ = now + options_->publish_pause;
}

void producer::try_later(std::uint32_t task, time_point now) {
    waiting_.push_back(task);
    publish_at_ = std::max(publish_at_, now + 100ms);
}

void producer::on_settled(const proto::event::settled& settled, time_point now) {
    check(settled.channel == channel_, "a confirm is for the present channel");
    check(settled.first <= settled.last, "a range of confirms is not empty");
    for (auto sequence = settled.first; sequence <= settled.last; ++sequence) {
        const auto found = std::find_if(flights_.begin(), flights_.end(), [&](const flight& each) {
            return each.sequence == sequence;
        });
        check(found != flights_.end(), "each publish is settled once");
        const auto each = *found;
        flights_.erase(found);
        if (settled.nacked || each.returned) {
            try_later(each.task, now);
            continue;
        }
        check(owner_->host().has_on_disk(each.task), "what is confirmed is in the broker's log");
        auto& known = book_->tasks[each.task];
        check(!known.confirmed, "a confirmed task is not published again");
        known.confirmed = true;
        ++book_->confirmed;
    }
}

void producer::on_returned(const proto::event::returned& returned) {
    const auto id = returned.message->properties.message_id.value_or("");
    for (auto& each : flights_)
        if (each.sequence == returned.sequence) {
            check(task_of(id) == each.task, "a return is about the publish that it names");
            check(is_body_of(returned.message->body, each.task, book_->tasks[each.task].body_size),
                  "a returned body is intact");
            each.returned = true;
            return;
        }
    check(false, "a return finds its publish");
}

/// What was in flight may or may not be with the broker: it is published again, under its id.
void producer::on_channel_closed(time_point now) {
    for (const auto& each : flights_)
        waiting_.push_back(each.task);
    flights_.clear();
    channel_ = {};
    ready_ = false;
    flow_active_ = true;
    open_at_ = now + 10ms;
}

void producer::judge() const {
    if (channel_.number != 0 && owner_->machine().is_open(channel_))
        check(owner_->machine().unconfirmed_count(channel_) == flights_.size(),
              "the ledger knows what is unconfirmed");
}

} // namespace taskwire::simulation
