#include <simulation/broker.hpp>

#include <algorithm>
#include <charconv>

#include <simulation/session.hpp>

namespace taskwire::simulation {

std::uint32_t task_of(std::string_view message_id) {
    std::uint32_t task = 0;
    std::from_chars(message_id.data(), message_id.data() + message_id.size(), task);
    return task;
}

broker::broker(const scenario& scene, dice& rolled, transcript& written)
    : options(scene), roll(rolled), log(written) {
    store_.reserve(std::size_t{4} * scene.task_count);
    logged_.resize(scene.task_count + 1);
}

queue* broker::find_queue(std::string_view name) {
    for (auto& each : queues)
        if (each->name == name)
            return each.get();
    return nullptr;
}

exchange* broker::find_exchange(std::string_view name) {
    for (auto& each : exchanges_)
        if (each.name == name)
            return &each;
    return nullptr;
}

queue& broker::add_queue(queue each) {
    return *queues.emplace_back(std::make_unique<queue>(std::move(each)));
}

bool broker::is_bound(const binding& each) const {
    return std::any_of(bindings_.begin(), bindings_.end(), [&](const binding& known) {
        return known.exchange == each.exchange && known.queue == each.queue &&
               known.routing_key == each.routing_key;
    });
}

void broker::bind(binding each) {
    if (!is_bound(each))
        bindings_.push_back(std::move(each));
}

void broker::unbind(const binding& each) {
    std::erase_if(bindings_, [&](const binding& known) {
        return known.exchange == each.exchange && known.queue == each.queue &&
               known.routing_key == each.routing_key;
    });
}

void broker::delete_queue(std::string_view name) {
    const std::string dying{name};
    std::erase_if(bindings_, [&](const binding& known) { return known.queue == dying; });
    std::erase_if(queues, [&](const auto& each) { return each->name == dying; });
}

std::vector<std::uint32_t> broker::route(const message& published, std::string_view exchange) {
    std::vector<std::uint32_t> copies;
    for (const auto& each : bindings_) {
        if (each.exchange != exchange || each.routing_key != published.routing_key)
            continue;
        const auto index = static_cast<std::uint32_t>(store_.size());
        store_.push_back(published);
        find_queue(each.queue)->ready.push_back(index);
        copies.push_back(index);
    }
    return copies;
}

/// RabbitMQ puts a message back where it came from, as far as it can.
void broker::put_back(queue& where, std::uint32_t index) {
    at(index).redelivered = true;
    const auto place = std::lower_bound(where.ready.begin(), where.ready.end(), index);
    check(place == where.ready.end() || *place != index, "a message is put back once");
    where.ready.insert(place, index);
}

void broker::note_on_disk(std::uint32_t index) {
    auto& each = at(index);
    each.on_disk = true;
    if (each.task != 0 && each.task < logged_.size())
        logged_[each.task] = true;
}

void broker::deliver(time_point now) {
    for (auto& each : queues) {
        auto& consumers = each->consumers;
        std::size_t refused = 0;
        while (!each->ready.empty() && refused < consumers.size()) {
            each->next_consumer = (each->next_consumer + 1) % consumers.size();
            const auto& consumer = consumers[each->next_consumer];
            if (!consumer.owner->takes_delivery(consumer.channel)) {
                ++refused;
                continue;
            }
            refused = 0;
            const auto index = each->ready.front();
            each->ready.erase(each->ready.begin());
            consumer.owner->deliver(consumer, each->name, index, now);
        }
    }
}

void broker::forget_session(session& ended) {
    for (std::size_t i = queues.size(); i != 0; --i) {
        auto& each = *queues[i - 1];
        std::erase_if(each.consumers,
                      [&](const consumer_of_queue& c) { return c.owner == &ended; });
        if (each.exclusive_to == &ended)
            delete_queue(each.name);
    }
    drop_unused();
}

void broker::forget_consumers(const session& of, std::uint16_t channel) {
    for (auto& each : queues)
        std::erase_if(each->consumers, [&](const consumer_of_queue& c) {
            return c.owner == &of && c.channel == channel;
        });
    drop_unused();
}

void broker::drop_unused() {
    for (std::size_t i = queues.size(); i != 0; --i)
        if (const auto& each = *queues[i - 1];
            each.auto_delete && each.was_consumed && each.consumers.empty())
            delete_queue(each.name);
}

void broker::restart() {
    for (std::size_t i = queues.size(); i != 0; --i) {
        auto& each = *queues[i - 1];
        if (!each.durable) {
            delete_queue(each.name);
            continue;
        }
        std::erase_if(each.ready,
                      [&](std::uint32_t index) { return !at(index).on_disk && roll.chance(50); });
        for (const auto index : each.ready)
            note_on_disk(index);
    }
    std::erase_if(exchanges_, [](const exchange& each) { return !each.durable; });
    std::erase_if(bindings_,
                  [&](const binding& each) { return find_exchange(each.exchange) == nullptr; });
}

} // namespace taskwire::simulation
