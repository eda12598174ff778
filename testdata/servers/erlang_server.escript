#!/usr/bin/env escript
%%! -noinput
%% Erlang's ssh daemon with its ssh_sftpd. Arguments: the port, and the directory with the host key and authorized_keys.
main([Port, Dir]) ->
    {ok, _} = application:ensure_all_started(ssh),
    {ok, _} = ssh:daemon({127, 0, 0, 1}, list_to_integer(Port),
                         [{system_dir, Dir}, {user_dir, Dir}, {auth_methods, "publickey"}, {parallel_login, true},
                          {subsystems, [ssh_sftpd:subsystem_spec([])]}]),
    receive never -> ok end.
