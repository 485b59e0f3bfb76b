#include <taskwire/proto/topology.hpp>

#include <algorithm>
#include <utility>

namespace taskwire::proto {

namespace {

namespace x = spec::exchange;
namespace q = spec::queue;

template <class Method>
Method decoded(std::string_view arguments) {
    Method method;
    wire::reader in{arguments};
    if (!wire::decode(in, method))
        return {}; // encoded by us, or validated by the machine
    return method;
}

/// Two bindings are the same when their tables have the same fields, in whatever order.
std::string sorted_fields(table_view fields) {
    std::vector<std::string> each_field;
    for (const auto& [name, value] : fields)
        each_field.emplace_back(table{}.append(name, value).view().bytes());
    std::sort(each_field.begin(), each_field.end());
    std::string all;
    for (const auto& field : each_field)
        all += field;
    return all;
}

} // namespace

bool topology::is_noted(method_id method) {
    switch (method.packed()) {
    case x::declare::id.packed():
    case x::delete_::id.packed():
    case x::bind::id.packed():
    case x::unbind::id.packed():
    case q::declare::id.packed():
    case q::delete_::id.packed():
    case q::bind::id.packed():
    case q::unbind::id.packed():
        return true;
    default:
        return false;
    }
}

topology::kind topology::destination_kind(role what) {
    return what == role::queue_binding ? kind::queue : kind::exchange;
}

method_id topology::method_of(role what) {
    switch (what) {
    case role::exchange:
        return x::declare::id;
    case role::queue:
        return q::declare::id;
    case role::exchange_binding:
        return x::bind::id;
    case role::queue_binding:
        break;
    }
    return q::bind::id;
}

std::string topology::key_of(kind what, std::string_view name) {
    std::string key;
    key.reserve(1 + name.size());
    key.push_back(static_cast<char>(what));
    return key.append(name);
}

std::string topology::key_of(const binding& each) {
    if (each.arguments.empty())
        return key_of(destination_kind(each.what), encode(each));
    const auto fields = sorted_fields(each.arguments);
    auto sorted = each;
    sorted.arguments = table_view::of_validated(fields);
    return key_of(destination_kind(each.what), encode(sorted));
}

std::string topology::encode(const binding& each) {
    if (each.what == role::queue_binding)
        return encode_method(
                   q::bind{each.destination, each.source, each.routing_key, each.arguments})
            .arguments;
    return encode_method(x::bind{each.destination, each.source, each.routing_key, each.arguments})
        .arguments;
}

topology::binding topology::parse_binding(const entry& each) {
    if (each.what == role::queue_binding) {
        const auto m = decoded<q::bind>(each.arguments);
        return {each.what, m.exchange, m.queue, m.routing_key, m.arguments};
    }
    const auto m = decoded<x::bind>(each.arguments);
    return {each.what, m.source, m.destination, m.routing_key, m.arguments};
}

void topology::note(channel_id where, const encoded_method& request, std::string_view reply) {
    if (request.id.class_id == x::declare::id.class_id)
        note_exchange(request);
    else if (request.id.class_id == q::declare::id.class_id)
        note_queue(where, request, reply);
}

void topology::note_exchange(const encoded_method& request) {
    const std::string_view arguments = request.arguments;
    switch (request.id.packed()) {
    case x::declare::id.packed():
        if (const auto method = decoded<x::declare>(arguments); !method.passive)
            declare(kind::exchange, method.exchange, method.auto_delete, request.arguments);
        return;
    case x::delete_::id.packed():
        return drop(kind::exchange, decoded<x::delete_>(arguments).exchange);
    case x::bind::id.packed(): {
        const auto m = decoded<x::bind>(arguments);
        return bind({role::exchange_binding, m.source, m.destination, m.routing_key, m.arguments});
    }
    case x::unbind::id.packed(): {
        const auto m = decoded<x::unbind>(arguments);
        return unbind(
            {role::exchange_binding, m.source, m.destination, m.routing_key, m.arguments});
    }
    default:
        return;
    }
}

void topology::note_queue(channel_id where, const encoded_method& request, std::string_view reply) {
    const std::string_view arguments = request.arguments;
    const auto named_binding = [&](const auto& m) {
        binding each{role::queue_binding, m.exchange, name_or_last(m.queue, where), m.routing_key,
                     m.arguments};
        if (m.queue.empty() && m.routing_key.empty())
            each.routing_key = each.destination; // AMQP 0-9-1, queue.bind, routing-key
        return each;
    };
    switch (request.id.packed()) {
    case q::declare::id.packed(): {
        auto method = decoded<q::declare>(arguments);
        const std::string name{method.queue.empty() ? decoded<q::declare_ok>(reply).queue
                                                    : method.queue};
        last_[where.epoch] = name;
        if (method.passive)
            return;
        declare(kind::queue, name, method.auto_delete, request.arguments);
        auto& declared = nodes_[key_of(kind::queue, name)];
        declared.server_named = declared.server_named || method.queue.empty();
        if (declared.server_named) { // also when it is declared again, by its name
            method.queue = {};
            entries_.at(declared.declared).arguments = encode_method(method).arguments;
        }
        return;
    }
    case q::delete_::id.packed(): {
        const std::string name{name_or_last(decoded<q::delete_>(arguments).queue, where)};
        return drop(kind::queue, name);
    }
    case q::bind::id.packed():
        return bind(named_binding(decoded<q::bind>(arguments)));
    case q::unbind::id.packed():
        return unbind(named_binding(decoded<q::unbind>(arguments)));
    default:
        return;
    }
}

void topology::forget_channel(channel_id where) {
    last_.erase(where.epoch);
}

void topology::consumer_began(std::string_view queue) {
    ++nodes_[key_of(kind::queue, queue)].consumers;
}

void topology::consumer_ended(std::string_view queue) {
    const auto key = key_of(kind::queue, queue);
    const auto found = nodes_.find(key);
    if (found == nodes_.end() || found->second.consumers == 0)
        return;
    if (--found->second.consumers == 0 && found->second.auto_delete)
        drop(kind::queue, queue);
    else
        forget_if_empty(key);
}

std::string_view topology::last_declared_queue(channel_id where) const {
    const auto found = last_.find(where.epoch);
    return found == last_.end() ? std::string_view{} : found->second;
}

std::string_view topology::name_or_last(std::string_view name, channel_id where) const {
    return name.empty() ? last_declared_queue(where) : name;
}

void topology::declare(kind what, std::string_view name, bool auto_delete, std::string arguments) {
    auto& declared = nodes_[key_of(what, name)];
    declared.auto_delete = auto_delete;
    if (declared.declared == 0)
        declared.declared = next_place_++;
    entries_[declared.declared] = {what == kind::queue ? role::queue : role::exchange,
                                   std::move(arguments), std::string{name}};
}

void topology::bind(const binding& each) {
    const auto [found, is_new] = bindings_.try_emplace(key_of(each), next_place_);
    if (!is_new)
        return;
    const auto which = next_place_++;
    entries_[which] = {each.what, encode(each), {}};
    auto& source = nodes_[key_of(kind::exchange, each.source)];
    source.bindings.insert(which);
    ++source.bindings_from;
    nodes_[key_of(destination_kind(each.what), each.destination)].bindings.insert(which);
}

void topology::unbind(const binding& each) {
    const auto found = bindings_.find(key_of(each));
    if (found == bindings_.end())
        return;
    node_keys doomed;
    drop_binding(found->second, doomed);
    drop_all(std::move(doomed));
}

void topology::drop(kind what, std::string_view name) {
    drop_all({key_of(what, name)});
}

/// A binding that goes may take an auto-delete exchange along, and that its bindings, and so on.
void topology::drop_all(node_keys doomed) {
    while (!doomed.empty()) {
        const auto key = std::move(doomed.back());
        doomed.pop_back();
        const auto found = nodes_.find(key);
        if (found == nodes_.end())
            continue;
        auto& dropped = found->second;
        entries_.erase(std::exchange(dropped.declared, 0));
        dropped.auto_delete = dropped.server_named = false;
        const std::vector<place> its_bindings{dropped.bindings.begin(), dropped.bindings.end()};
        for (const auto each : its_bindings)
            drop_binding(each, doomed); // the last one may take the node along
        forget_if_empty(key);
    }
}

void topology::drop_binding(place which, node_keys& doomed) {
    const auto found = entries_.find(which);
    const auto dropped = std::move(found->second);
    entries_.erase(found);
    const auto ends = parse_binding(dropped);
    bindings_.erase(key_of(ends));
    const auto source_key = key_of(kind::exchange, ends.source);
    auto& source = nodes_.at(source_key);
    if (--source.bindings_from == 0 && source.auto_delete)
        doomed.push_back(source_key);
    source.bindings.erase(which);
    const auto destination_key = key_of(destination_kind(ends.what), ends.destination);
    nodes_.at(destination_key).bindings.erase(which);
    forget_if_empty(source_key);
    forget_if_empty(destination_key);
}

void topology::forget_if_empty(const std::string& node_key) {
    const auto found = nodes_.find(node_key);
    if (found == nodes_.end())
        return;
    const auto& each = found->second;
    if (each.declared == 0 && each.consumers == 0 && each.bindings.empty())
        nodes_.erase(found);
}

void topology::rename(const std::string& old_name, const std::string& new_name) {
    auto moved = nodes_.extract(key_of(kind::queue, old_name));
    if (moved.empty())
        return;
    moved.key() = key_of(kind::queue, new_name);
    entries_.at(moved.mapped().declared).name = new_name;
    for (const auto which : moved.mapped().bindings) {
        auto& each = entries_.at(which);
        auto ends = parse_binding(each);
        bindings_.erase(key_of(ends));
        ends.destination = new_name; // a queue is never a source
        if (ends.routing_key == old_name)
            ends.routing_key = new_name;
        bindings_[key_of(ends)] = which;
        each.arguments = encode(ends);
    }
    nodes_.insert(std::move(moved));
}

void topology::begin_replay() {
    report_ = {};
    last_.clear();
    skipped_.clear();
    step_ = 0;
    step_due_ = false;
    replay_end_ = next_place_;
}

std::optional<encoded_method> topology::next_step() {
    auto at = step_due_ ? entries_.lower_bound(step_) : entries_.upper_bound(step_);
    while (at != entries_.end() && skipped_.contains(at->first))
        ++at;
    step_due_ = at != entries_.end() && at->first < replay_end_;
    if (!step_due_)
        return std::nullopt;
    step_ = at->first;
    return method_at(step_);
}

std::optional<topology::renaming> topology::step_succeeded(std::string_view reply_arguments) {
    if (!std::exchange(step_due_, false))
        return std::nullopt;
    ++report_.restored;
    const auto found = entries_.find(step_);
    if (found == entries_.end() || found->second.what != role::queue ||
        !decoded<q::declare>(found->second.arguments).queue.empty())
        return std::nullopt;
    renaming change{found->second.name, std::string{decoded<q::declare_ok>(reply_arguments).queue}};
    if (change.new_name.empty() || change.new_name == change.old_name)
        return std::nullopt;
    rename(change.old_name, change.new_name);
    report_.renamings.push_back(change);
    return change;
}

void topology::step_failed(const close_reason& why) {
    if (!std::exchange(step_due_, false))
        return;
    const auto found = entries_.find(step_);
    if (found == entries_.end())
        return;
    report_.failures.push_back({method_at(step_), why});
    if (found->second.what != role::queue)
        return;
    const auto& failed = nodes_.at(key_of(kind::queue, found->second.name));
    if (!failed.server_named)
        return; // it may be there all the same
    for (auto each = failed.bindings.upper_bound(step_);
         each != failed.bindings.end() && *each < replay_end_; ++each) {
        skipped_.insert(*each);
        report_.failures.push_back({method_at(*each), why});
    }
}

encoded_method topology::method_at(place which) const {
    const auto& each = entries_.at(which);
    return {method_of(each.what), each.arguments, {}, {}};
}

} // namespace taskwire::proto
