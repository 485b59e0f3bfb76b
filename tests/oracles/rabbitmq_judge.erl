%% RabbitMQ's own codec, framing, content assembler and URI parser, asked from outside.
%%
%% Reads questions on descriptor 0 and writes answers on descriptor 1, each behind its size in four
%% bytes. A question is a letter and its argument; an answer is a list of pairs: a text that states
%% values in full (the test prints its own values in the same form), and bytes. What RabbitMQ refuses
%% has the text "refused: ..." and no bytes.
-module(rabbitmq_judge).
-export([main/0]).

-include_lib("amqp_client/include/amqp_client.hrl").

-define(PROTOCOL, rabbit_framing_amqp_0_9_1).

%% What nobody may set: these have no members in the test's structs.
-define(RESERVED, [ticket, nowait, capabilities, insist, known_hosts, out_of_band, channel_id,
                   cluster_id]).
%% RabbitMQ knows these; AMQP 0-9-1 and its clients do not.
-define(FOREIGN, ['access.request', 'access.request_ok', 'basic.credit', 'basic.credit_ok',
                  'basic.credit_drained']).
-define(PROPERTIES, [content_type, content_encoding, headers, delivery_mode, priority,
                     correlation_id, reply_to, expiration, message_id, timestamp, type, user_id,
                     app_id, cluster_id]).

%% A fault of the judge itself ends it: whoever asks then reads the end instead of an answer.
main() ->
    ok = logger:set_primary_config(level, none), % it writes to descriptor 1
    try serve(open_port({fd, 0, 1}, [binary, {packet, 4}, eof]))
    catch
        Class:Reason:Where ->
            io:format(standard_error, "rabbitmq_judge: ~p:~p~n~p~n", [Class, Reason, Where]),
            halt(71)
    end.

serve(Port) ->
    receive
        {Port, {data, <<Question, Argument/binary>>}} ->
            true = port_command(Port, answer(Question, Argument)),
            serve(Port);
        {Port, eof} ->
            halt(0)
    end.

answer($L, <<>>) -> [pair({atom_to_binary(Name), <<>>}) || Name <- method_names()];
answer($T, Vectors) -> judge(fun table/1, Vectors);
answer($M, Vectors) -> judge(fun method/1, Vectors);
answer($P, Vectors) -> judge(fun properties/1, Vectors);
answer($C, Vectors) -> judge(fun conversation/1, Vectors);
answer($U, Vectors) -> judge(fun uri/1, Vectors);
answer($G, <<Kind, Seed:64, First:32, Count:32>>) ->
    [begin
         rand:seed(exsss, {Seed, Kind, Index}),
         pair(generate(Kind, Index))
     end || Index <- lists:seq(First, First + Count - 1)].

judge(Judge, Vectors) ->
    [pair(try Judge(Vector) catch _:Reason -> refused(Reason) end)
     || <<Size:32, Vector:Size/binary>> <= Vectors].

refused(Reason) -> {io_lib:format("refused: ~0p", [Reason]), <<>>}.

pair({Text, Bytes}) -> [sized(Text), sized(Bytes)].

sized(Data) -> [<<(iolist_size(Data)):32>>, Data].

%% Bytes to terms, to text, and from the same terms to bytes again.

table(Bytes) ->
    Table = rabbit_binary_parser:parse_table(Bytes),
    {table_text(Table), rabbit_binary_generator:generate_table(Table)}.

method(<<ClassId:16, MethodId:16, Arguments/binary>>) ->
    Name = ?PROTOCOL:lookup_method_name({ClassId, MethodId}),
    Method = ?PROTOCOL:decode_method_fields(Name, Arguments),
    {method_text(Method), method_bytes(Method)}.

method_bytes(Method) ->
    {ClassId, MethodId} = ?PROTOCOL:method_id(element(1, Method)),
    [<<ClassId:16, MethodId:16>>, ?PROTOCOL:encode_method_fields(Method)].

properties(Bytes) ->
    Properties = ?PROTOCOL:decode_properties(60, Bytes),
    {properties_text(Properties), ?PROTOCOL:encode_properties(Properties)}.

%% A client's frames behind a number that says how large they may be. They go through the assembler
%% of RabbitMQ's channels; the text tells each command, the bytes are all bodies.
conversation(<<FrameMax:32, Bytes/binary>>) ->
    {ok, State} = rabbit_command_assembler:init(?PROTOCOL),
    lists:unzip(assemble(Bytes, FrameMax, State)).

assemble(<<>>, _, {method, _}) -> [];
assemble(<<>>, _, _) -> exit(incomplete_content);
assemble(<<Type, Channel:16, Size:32, Payload:Size/binary, 16#CE, Rest/binary>>, FrameMax, State)
  when Size =< FrameMax - 8 ->
    Frame = rabbit_command_assembler:analyze_frame(Type, Payload, ?PROTOCOL),
    case rabbit_command_assembler:process(Frame, State) of
        {ok, Next} ->
            assemble(Rest, FrameMax, Next);
        {ok, Method, Next} ->
            Text = [integer_to_list(Channel), " ", method_text(Method), "\n"],
            [{Text, <<>>} | assemble(Rest, FrameMax, Next)];
        {ok, Method, Content, Next} ->
            #content{properties = Properties, payload_fragments_rev = Reversed} =
                rabbit_binary_parser:ensure_content_decoded(Content),
            Body = iolist_to_binary(lists:reverse(Reversed)),
            Text = [integer_to_list(Channel), " ", method_text(Method), " |",
                    properties_text(Properties), " | ", integer_to_list(size(Body)), "\n"],
            [{Text, Body} | assemble(Rest, FrameMax, Next)];
        {error, #amqp_error{name = Name}} ->
            exit(Name)
    end.

uri(Text) ->
    case amqp_uri:parse(Text) of
        {ok, #amqp_params_network{} = N} ->
            {[uri_text(N#amqp_params_network.username, N#amqp_params_network.password,
                       N#amqp_params_network.virtual_host),
              " host=", string_text(N#amqp_params_network.host),
              " port=", atom_or_number(N#amqp_params_network.port),
              " tls=", case N#amqp_params_network.ssl_options of none -> "0"; _ -> "1" end,
              " heartbeat=", atom_or_number(N#amqp_params_network.heartbeat),
              " channel_max=", atom_or_number(N#amqp_params_network.channel_max),
              " frame_max=", atom_or_number(N#amqp_params_network.frame_max)], <<>>};
        {ok, #amqp_params_direct{} = D} ->
            {uri_text(D#amqp_params_direct.username, D#amqp_params_direct.password,
                      D#amqp_params_direct.virtual_host), <<>>};
        {error, {Reason, _}} ->
            refused(Reason)
    end.

%% A user who is absent is `none` or the default, depending on the host; the test asks for neither.
uri_text(User, Password, VHost) ->
    ["user=", user_text(User), " password=", user_text(Password), " vhost=", string_text(VHost)].

user_text(none) -> string_text(<<"guest">>);
user_text(Text) -> string_text(Text).

atom_or_number(undefined) -> "-";
atom_or_number(Number) -> integer_to_list(Number).

%% Text.

method_text(Method) ->
    [Name | Values] = tuple_to_list(Method),
    [atom_to_list(Name), [field_text(Field) || Field <- named(Name, Values)]].

named(Name, Values) -> lists:zip(?PROTOCOL:method_fieldnames(Name), Values).

field_text({Name, Value}) ->
    case lists:member(Name, ?RESERVED) andalso lists:member(Value, [0, false, <<>>]) of
        true -> [];
        false -> [" ", atom_to_list(Name), "=", plain_text(Value)]
    end.

properties_text(Properties) ->
    ['P_basic' | Values] = tuple_to_list(Properties),
    [[" ", atom_to_list(Name), "=", plain_text(Value)]
     || {Name, Value} <- lists:zip(?PROPERTIES, Values), Value =/= undefined].

plain_text(Value) when is_integer(Value) -> integer_to_list(Value);
plain_text(Value) when is_binary(Value) -> string_text(Value);
plain_text(Value) when is_list(Value) -> table_text(Value);
plain_text(true) -> "1";
plain_text(false) -> "0".

table_text(Fields) ->
    ["{", [[string_text(Name), "=", value_text(Kind, Value), ";"] || {Name, Kind, Value} <- Fields],
     "}"].

value_text(bool, Value) -> ["t:", plain_text(Value)];
value_text(byte, Value) -> ["b:", integer_to_list(Value)];
value_text(unsignedbyte, Value) -> ["B:", integer_to_list(Value)];
value_text(short, Value) -> ["s:", integer_to_list(Value)];
value_text(unsignedshort, Value) -> ["u:", integer_to_list(Value)];
value_text(signedint, Value) -> ["I:", integer_to_list(Value)];
value_text(unsignedint, Value) -> ["i:", integer_to_list(Value)];
value_text(long, Value) -> ["l:", integer_to_list(Value)];
value_text(float, Value) -> ["f:", float_text(Value)];
value_text(double, Value) -> ["d:", float_text(Value)];
value_text(decimal, {Scale, Unscaled}) ->
    ["D:", integer_to_list(Scale), ",", integer_to_list(Unscaled)];
value_text(longstr, Value) -> ["S:", string_text(Value)];
value_text(binary, Value) -> ["x:", string_text(Value)];
value_text(timestamp, Value) -> ["T:", integer_to_list(Value)];
value_text(void, undefined) -> "V";
value_text(table, Fields) -> ["F:", table_text(Fields)];
value_text(array, Values) ->
    ["A:[", [[value_text(Kind, Value), ";"] || {Kind, Value} <- Values], "]"].

%% The number as the 64 bits of a double: exact, whatever its kind on the wire.
float_text(Value) ->
    <<Bits:64>> = <<Value:64/float>>,
    integer_to_list(Bits).

string_text(Text) when is_list(Text) -> string_text(list_to_binary(Text));
string_text(Bytes) -> [integer_to_list(size(Bytes)), ":", [escaped(Each) || <<Each>> <= Bytes]].

escaped($\\) -> "\\x5c";
escaped(Octet) when Octet >= 16#20, Octet < 16#7F -> Octet;
escaped(Octet) -> io_lib:format("\\x~2.16.0b", [Octet]).

%% Random values. What RabbitMQ can hold, it is asked to write.

generate($T, _) ->
    Table = random_table(4),
    {table_text(Table), rabbit_binary_generator:generate_table(Table)};
generate($M, Index) ->
    Names = method_names() -- ?FOREIGN,
    Name = lists:nth(Index rem length(Names) + 1, Names),
    generate_method(Name, rand:uniform(4) =:= 1);
generate($P, Index) ->
    Flags = Index band 16#1FFF,
    Properties = random_properties(Flags),
    case rand:uniform(4) of
        1 -> % with the reserved fourteenth one
            {["reserved", properties_text(Properties)],
             ?PROTOCOL:encode_properties(Properties#'P_basic'{cluster_id = random_shortstr()})};
        _ ->
            {properties_text(Properties), ?PROTOCOL:encode_properties(Properties)}
    end;
generate($C, Index) ->
    generate_delivery(Index).

generate_method(Name, WithReserved) ->
    Fields = lists:zip(?PROTOCOL:method_fieldnames(Name), field_kinds(Name)),
    Values = [{Field, case lists:member(Field, ?RESERVED) of
                          true -> nothing(Kind);
                          false -> random_field(Kind)
                      end} || {Field, Kind} <- Fields],
    Plain = list_to_tuple([Name | [Value || {_, Value} <- Values]]),
    Reserved = list_to_tuple([Name | [case lists:member(Field, ?RESERVED) of
                                          true -> random_field(Kind);
                                          false -> proplists:get_value(Field, Values)
                                      end || {Field, Kind} <- Fields]]),
    case WithReserved andalso Reserved =/= Plain of
        true -> {["reserved ", method_text(Plain)], method_bytes(Reserved)};
        false -> {method_text(Plain), method_bytes(Plain)}
    end.

%% A delivery to consumer "judge" on channel 1, in frames of at most 8192 bytes.
generate_delivery(Index) ->
    Method = #'basic.deliver'{consumer_tag = <<"judge">>, delivery_tag = Index + 1,
                              redelivered = random_bit(), exchange = random_shortstr(),
                              routing_key = random_shortstr()},
    Size = case Index rem 8 of
               0 -> 0;
               1 -> 1;
               2 -> 8184;
               3 -> 8185;
               4 -> 2 * 8184;
               _ -> rand:uniform(40000)
           end,
    Fragments = fragments(rand:bytes(Size)),
    Properties = random_properties(rand:uniform(16#2000) - 1),
    Content = #content{class_id = 60, properties = Properties, properties_bin = none,
                       protocol = none, payload_fragments_rev = lists:reverse(Fragments)},
    Frames = [rabbit_binary_generator:build_simple_method_frame(1, Method, ?PROTOCOL),
              rabbit_binary_generator:build_simple_content_frames(1, Content, 8192, ?PROTOCOL)],
    {[method_text(Method), " |", properties_text(Properties), " | ",
      integer_to_list(erlang:crc32(Fragments)), " of ", integer_to_list(Size)], Frames}.

fragments(Body) when size(Body) > 100 ->
    {Head, Tail} = split_binary(Body, rand:uniform(size(Body))),
    [Head, Tail];
fragments(Body) -> [Body].

random_properties(Flags) ->
    Kinds = [shortstr, shortstr, table, {uint, 8}, {uint, 8}, shortstr, shortstr, shortstr,
             shortstr, {uint, 64}, shortstr, shortstr, shortstr],
    Indexed = lists:zip(lists:seq(0, 12), Kinds),
    Values = [case Flags band (1 bsl Index) of
                  0 -> undefined;
                  _ -> random_field(Kind)
              end || {Index, Kind} <- Indexed],
    list_to_tuple(['P_basic' | Values] ++ [undefined]).

%% The kinds of a method's fields, found by trying: RabbitMQ's records carry no types. All-zero
%% arguments of the right size decode to zeros, false, "" and []; the rest is told by what encoding
%% makes of values that are too large.
field_kinds(Name) ->
    case get(Name) of
        undefined ->
            Empty = empty_method(Name, 0),
            Kinds = [field_kind(Empty, Position) || Position <- lists:seq(2, tuple_size(Empty))],
            put(Name, Kinds),
            Kinds;
        Kinds ->
            Kinds
    end.

empty_method(Name, Size) when Size < 64 ->
    try ?PROTOCOL:decode_method_fields(Name, <<0:(Size * 8)>>)
    catch _:_ -> empty_method(Name, Size + 1)
    end.

field_kind(Empty, Position) ->
    case element(Position, Empty) of
        false -> bit;
        [] -> table;
        0 ->
            Full = ?PROTOCOL:decode_method_fields(
                     element(1, Empty),
                     ?PROTOCOL:encode_method_fields(setelement(Position, Empty, 1 bsl 64 - 1))),
            {uint, length(integer_to_list(element(Position, Full), 2))};
        <<>> ->
            try ?PROTOCOL:encode_method_fields(setelement(Position, Empty, <<0:(8 * 256)>>)) of
                _ -> longstr
            catch
                exit:method_field_shortstr_overflow -> shortstr
            end
    end.

nothing(bit) -> false;
nothing({uint, _}) -> 0;
nothing(table) -> [];
nothing(_) -> <<>>.

random_field(bit) -> random_bit();
random_field({uint, Bits}) -> random_unsigned(Bits);
random_field(table) -> random_table(3);
random_field(shortstr) -> random_shortstr();
random_field(longstr) -> random_bytes().

random_table(Depth) ->
    [{random_name(), Kind, Value} || {Kind, Value} <- random_values(Depth)].

random_values(Depth) ->
    [random_value(Depth) || _ <- lists:seq(1, rand:uniform(6) - 1)].

random_value(Depth) ->
    case lists:nth(rand:uniform(17), [bool, byte, unsignedbyte, short, unsignedshort, signedint,
                                      unsignedint, long, float, double, decimal, longstr, binary,
                                      timestamp, void, table, array]) of
        table when Depth > 0 -> {table, random_table(Depth - 1)};
        array when Depth > 0 -> {array, random_values(Depth - 1)};
        table -> {table, []};
        array -> {array, []};
        bool -> {bool, random_bit()};
        byte -> {byte, random_signed(8)};
        unsignedbyte -> {unsignedbyte, random_unsigned(8)};
        short -> {short, random_signed(16)};
        unsignedshort -> {unsignedshort, random_unsigned(16)};
        signedint -> {signedint, random_signed(32)};
        unsignedint -> {unsignedint, random_unsigned(32)};
        long -> {long, random_signed(64)};
        float -> {float, random_float(32)};
        double -> {double, random_float(64)};
        decimal -> {decimal, {random_unsigned(8), random_unsigned(32)}};
        longstr -> {longstr, random_bytes()};
        binary -> {binary, random_bytes()};
        timestamp -> {timestamp, random_unsigned(64)};
        void -> {void, undefined}
    end.

random_bit() -> rand:uniform(2) =:= 1.

random_unsigned(Bits) ->
    case rand:uniform(8) of
        1 -> 0;
        2 -> 1 bsl Bits - 1;
        3 -> 1 bsl (Bits - 1);
        _ -> rand:uniform(1 bsl rand:uniform(Bits)) - 1
    end.

random_signed(Bits) ->
    <<Value:Bits/signed>> = <<(random_unsigned(Bits)):Bits>>,
    Value.

%% Infinity and NaN do not match a float pattern.
random_float(Bits) ->
    case <<(random_unsigned(Bits)):Bits>> of
        <<Value:Bits/float>> -> Value;
        _ -> random_float(Bits)
    end.

random_name() ->
    case rand:uniform(16) of
        1 -> <<>>;
        2 -> rand:bytes(255);
        _ -> rand:bytes(rand:uniform(12))
    end.

random_bytes() ->
    case rand:uniform(64) of
        1 -> rand:bytes(70000);
        2 -> rand:bytes(256);
        _ -> rand:bytes(rand:uniform(24) - 1)
    end.

%% RabbitMQ demands UTF-8 of most of them.
random_shortstr() ->
    case rand:uniform(24) of
        1 -> <<>>;
        2 -> binary:copy(<<"k">>, 255);
        _ -> unicode:characters_to_binary([random_character() || _ <- lists:seq(1, rand:uniform(16))])
    end.

random_character() ->
    case rand:uniform(8) of
        1 -> 16#A0 + rand:uniform(16#700);
        2 -> 16#1F300 + rand:uniform(200);
        _ -> 16#20 + rand:uniform(16#5E)
    end.

method_names() ->
    [Name || ClassId <- [10, 20, 30, 40, 50, 60, 85, 90], MethodId <- lists:seq(1, 255),
             {ok, Name} <- [try {ok, ?PROTOCOL:lookup_method_name({ClassId, MethodId})}
                            catch _:_ -> none
                            end]].
