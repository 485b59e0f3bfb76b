#pragma once

#include <common/client_options.hpp>

#include <taskwire/client.hpp>

#include <cstdint>
#include <optional>
#include <string>

// The queues that the tools work with. Every question is asked on a channel of its own, because a
// "no" closes the channel; a queue is declared there, too, and so is not declared anew after an
// outage: whoever deleted it meant it.
// Lifetimes: arguments are taken by value; a coroutine outlives its caller's temporaries.
// Errors: throw taskwire::error.
namespace taskwire::tools {

// `mails` -> `mails.failed`
std::string failed_queue_of(const std::string& queue);

// Ready messages in the queue; nothing if there is no such queue.
asio::awaitable<std::optional<std::uint32_t>> count_ready(client on, std::string queue);

asio::awaitable<bool> exchange_exists(client on, std::string exchange);

// Creates what cli.md promises: durable; dead letters go to `failed_queue`, and a quorum queue
// loses none of them and refuses what it cannot hold. If a queue of that name with other arguments
// appeared meanwhile, it is used as it is.
asio::awaitable<void> create_work_queue(client on, std::string queue, queue_type type,
                                        std::string failed_queue);

// A durable quorum queue without limits; likewise if it is there already.
asio::awaitable<void> create_failed_queue(client on, std::string failed_queue);

// The arguments of the two.
table work_queue_arguments(queue_type type, const std::string& failed_queue);
table failed_queue_arguments();

} // namespace taskwire::tools
