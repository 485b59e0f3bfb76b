// GENERATED from proto/spec by taskwire-codegen; do not edit.
// clang-format off
#include <taskwire/spec.gen.hpp>

namespace taskwire::spec {

namespace {

template <class Method>
bool decode_as(wire::reader& in, any_method& out)
{
    return wire::decode(in, out.emplace<Method>());
}

} // namespace

bool decode_method(taskwire::method_id id, wire::reader& in, any_method& out)
{
    switch (id.packed()) {
    case connection::start::id.packed():
        return decode_as<connection::start>(in, out);
    case connection::start_ok::id.packed():
        return decode_as<connection::start_ok>(in, out);
    case connection::secure::id.packed():
        return decode_as<connection::secure>(in, out);
    case connection::secure_ok::id.packed():
        return decode_as<connection::secure_ok>(in, out);
    case connection::tune::id.packed():
        return decode_as<connection::tune>(in, out);
    case connection::tune_ok::id.packed():
        return decode_as<connection::tune_ok>(in, out);
    case connection::open::id.packed():
        return decode_as<connection::open>(in, out);
    case connection::open_ok::id.packed():
        return decode_as<connection::open_ok>(in, out);
    case connection::close::id.packed():
        return decode_as<connection::close>(in, out);
    case connection::close_ok::id.packed():
        return decode_as<connection::close_ok>(in, out);
    case connection::blocked::id.packed():
        return decode_as<connection::blocked>(in, out);
    case connection::unblocked::id.packed():
        return decode_as<connection::unblocked>(in, out);
    case connection::update_secret::id.packed():
        return decode_as<connection::update_secret>(in, out);
    case connection::update_secret_ok::id.packed():
        return decode_as<connection::update_secret_ok>(in, out);
    case channel::open::id.packed():
        return decode_as<channel::open>(in, out);
    case channel::open_ok::id.packed():
        return decode_as<channel::open_ok>(in, out);
    case channel::flow::id.packed():
        return decode_as<channel::flow>(in, out);
    case channel::flow_ok::id.packed():
        return decode_as<channel::flow_ok>(in, out);
    case channel::close::id.packed():
        return decode_as<channel::close>(in, out);
    case channel::close_ok::id.packed():
        return decode_as<channel::close_ok>(in, out);
    case exchange::declare::id.packed():
        return decode_as<exchange::declare>(in, out);
    case exchange::declare_ok::id.packed():
        return decode_as<exchange::declare_ok>(in, out);
    case exchange::delete_::id.packed():
        return decode_as<exchange::delete_>(in, out);
    case exchange::delete_ok::id.packed():
        return decode_as<exchange::delete_ok>(in, out);
    case exchange::bind::id.packed():
        return decode_as<exchange::bind>(in, out);
    case exchange::bind_ok::id.packed():
        return decode_as<exchange::bind_ok>(in, out);
    case exchange::unbind::id.packed():
        return decode_as<exchange::unbind>(in, out);
    case exchange::unbind_ok::id.packed():
        return decode_as<exchange::unbind_ok>(in, out);
    case queue::declare::id.packed():
        return decode_as<queue::declare>(in, out);
    case queue::declare_ok::id.packed():
        return decode_as<queue::declare_ok>(in, out);
    case queue::bind::id.packed():
        return decode_as<queue::bind>(in, out);
    case queue::bind_ok::id.packed():
        return decode_as<queue::bind_ok>(in, out);
    case queue::purge::id.packed():
        return decode_as<queue::purge>(in, out);
    case queue::purge_ok::id.packed():
        return decode_as<queue::purge_ok>(in, out);
    case queue::delete_::id.packed():
        return decode_as<queue::delete_>(in, out);
    case queue::delete_ok::id.packed():
        return decode_as<queue::delete_ok>(in, out);
    case queue::unbind::id.packed():
        return decode_as<queue::unbind>(in, out);
    case queue::unbind_ok::id.packed():
        return decode_as<queue::unbind_ok>(in, out);
    case basic::qos::id.packed():
        return decode_as<basic::qos>(in, out);
    case basic::qos_ok::id.packed():
        return decode_as<basic::qos_ok>(in, out);
    case basic::consume::id.packed():
        return decode_as<basic::consume>(in, out);
    case basic::consume_ok::id.packed():
        return decode_as<basic::consume_ok>(in, out);
    case basic::cancel::id.packed():
        return decode_as<basic::cancel>(in, out);
    case basic::cancel_ok::id.packed():
        return decode_as<basic::cancel_ok>(in, out);
    case basic::publish::id.packed():
        return decode_as<basic::publish>(in, out);
    case basic::return_::id.packed():
        return decode_as<basic::return_>(in, out);
    case basic::deliver::id.packed():
        return decode_as<basic::deliver>(in, out);
    case basic::get::id.packed():
        return decode_as<basic::get>(in, out);
    case basic::get_ok::id.packed():
        return decode_as<basic::get_ok>(in, out);
    case basic::get_empty::id.packed():
        return decode_as<basic::get_empty>(in, out);
    case basic::ack::id.packed():
        return decode_as<basic::ack>(in, out);
    case basic::reject::id.packed():
        return decode_as<basic::reject>(in, out);
    case basic::recover_async::id.packed():
        return decode_as<basic::recover_async>(in, out);
    case basic::recover::id.packed():
        return decode_as<basic::recover>(in, out);
    case basic::recover_ok::id.packed():
        return decode_as<basic::recover_ok>(in, out);
    case basic::nack::id.packed():
        return decode_as<basic::nack>(in, out);
    case confirm::select::id.packed():
        return decode_as<confirm::select>(in, out);
    case confirm::select_ok::id.packed():
        return decode_as<confirm::select_ok>(in, out);
    case tx::select::id.packed():
        return decode_as<tx::select>(in, out);
    case tx::select_ok::id.packed():
        return decode_as<tx::select_ok>(in, out);
    case tx::commit::id.packed():
        return decode_as<tx::commit>(in, out);
    case tx::commit_ok::id.packed():
        return decode_as<tx::commit_ok>(in, out);
    case tx::rollback::id.packed():
        return decode_as<tx::rollback>(in, out);
    case tx::rollback_ok::id.packed():
        return decode_as<tx::rollback_ok>(in, out);
    default:
        return false;
    }
}

} // namespace taskwire::spec
