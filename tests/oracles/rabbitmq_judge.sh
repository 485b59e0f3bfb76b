#!/usr/bin/env bash
# Runs rabbitmq_judge.erl on the Erlang modules of an installed RabbitMQ; no broker is started.
#
#   TASKWIRE_RABBITMQ_PLUGINS  folder with rabbit_common-VERSION and so on; default: the newest of
#                              Debian's
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
plugins=${TASKWIRE_RABBITMQ_PLUGINS:-$(printf '%s\n' \
    /usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins | sort -V | tail -n 1)}
if ! compgen -G "$plugins/rabbit_common-*/ebin" >/dev/null; then
    echo "rabbitmq_judge.sh: no RabbitMQ in '$plugins'; tests/support/packages.sh broker" >&2
    exit 69
fi

# The interpreter must not read standard input itself: the judge's port does.
run='case compile:file(os:getenv("JUDGE"), [binary, report]) of
         {ok, Judge, Code} -> {module, _} = code:load_binary(Judge, "", Code), Judge:main();
         error -> halt(70)
     end.'
JUDGE=$here/rabbitmq_judge.erl ERL_LIBS=$plugins exec erl -noshell -noinput +sbtu +A0 -eval "$run"
