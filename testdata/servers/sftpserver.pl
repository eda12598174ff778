#!/usr/bin/perl
# The subsystem of Net::SFTP::SftpServer. Its argument is the directory that clients see as their root.
use strict;
use warnings;

BEGIN { $ENV{HOME} = $ARGV[0] =~ s{/[^/]*$}{}r }    # the module takes a directory below the home as it is
use Net::SFTP::SftpServer;

Net::SFTP::SftpServer->new( home => $ARGV[0] )->run();
