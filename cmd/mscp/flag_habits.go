package main

// habits are what users of rsync, scp and others write, and what does it here.
func habits() map[string]string {
	const (
		shown  = "mscp shows progress without a flag, and --json writes it for programs"
		times  = "-p keeps times, set-id and sticky bits; mscp always copies directories whole"
		ssh    = "mscp always uses SSH: -P, -i, -l, -J, -F and -o say how it logs in"
		resume = "mscp needs no flag for that: the same command goes on where an earlier one stopped"
		twoWay = "mscp does not copy between two remote hosts: run mscp on one of them"
		follow = "mscp always follows symbolic links"
		owner  = "mscp does not keep owners: the files belong to the user who logs in"
		many   = "-n is the number of connections here"
		choose = "mscp copies everything that the sources name; choose with globs in quotes"
	)
	return map[string]string{
		"--archive": times, "--times": times, "--perms": "mscp always keeps mode bits; " + times,
		"--owner": owner, "--group": owner, "-o": owner, "--chown": owner, "--numeric-ids": owner,
		"--links": follow, "--copy-links": follow, "--safe-links": follow, "--hard-links": "mscp copies hard links as separate files",
		"--progress": shown, "--info": shown, "--stats": shown, "--human-readable": shown, "-H": shown, "--no-progress": "-q is quiet here",
		"--itemize-changes": "-v names each file", "--log-file": "redirect standard error; --json writes events to standard output",
		"--bwlimit": "--bwlimit is -L here, in bit/s with k, m, g: 8m is 1 MB/s", "--rate-limit": "-L is the limit here, in bit/s",
		"--partial": resume, "--partial-dir": resume, "--append": resume, "--append-verify": resume, "--continue": resume, "--resume-from": "-R FILE goes on with a job",
		"--checksum": "--verify compares each copy with its source", "--size-only": "-k leaves files whose size and time are the same", "--ignore-times": "--no-resume begins anew",
		"--rsh": ssh, "-e": ssh, "--ssh": ssh, "--rsync-path": "only sshd runs on the other side", "-t": "-p keeps times",
		"--compress-level": "-C yes compresses", "-z": "-C yes compresses", "--timeout": "--stall-timeout and --retry-timeout are the limits here",
		"--contimeout": "-o ConnectTimeout=SECONDS", "-B": "-o BatchMode=yes asks nothing", "-A": "mscp forwards no agents", "-O": "mscp always uses SFTP", "-T": "mscp always checks names",
		"-3": twoWay, "-X": "-a is the number of blocks in flight, -b their size", "-x": choose,
		"--exclude": choose, "--include": choose, "--filter": choose, "--files-from": choose, "--max-size": choose, "--min-size": choose,
		"--update": "-k leaves files whose size and time are the same", "--ignore-existing": "-k leaves files whose size and time are the same",
		"--delete": "mscp deletes nothing", "--remove-source-files": "mscp deletes nothing", "--mkpath": "mscp always makes missing directories", "--relative": "mscp keeps only the last name of a source",
		"--whole-file": "mscp always copies files whole", "--sparse": "mscp writes holes as zeros", "--acls": "SFTP does not carry ACLs", "--xattrs": "SFTP does not carry attributes",
		"--user": "-l NAME, or NAME@host:path", "--password": "MSCP_SSH_AUTH_PASSWORD in the environment, or a key", "--cipher": "-c LIST",
		"--parallel": many, "--threads": many, "--jobs": many, "--streams": many, "-j": many,
		"--buffer": "-b is the size of a block here", "--chunk-size": "-s and -S are the sizes of chunks here", "-V": "--version",
	}
}

// valueHabits are what a flag of ours means elsewhere, for a value that it cannot have here.
func valueHabits() map[string]string {
	return map[string]string{
		"inflight":     "-a is the number of blocks in flight here. rsync's -a, -av, -avz: -p keeps times, -v tells more, -C yes compresses; mscp always copies directories whole",
		"connections":  "-n is the number of connections here; rsync's -n, a dry run, is -D",
		"max-startups": "-u is the number of logins at once here; rsync's -u has no counterpart",
		"port":         "-P is the port here. rsync's -P needs no flag here: mscp shows progress, and the same command goes on where an earlier one stopped",
		"limit":        "-L limits the rate here, in bit/s with k, m, g; mscp always follows symbolic links",
		"max-chunk":    "-S is the largest chunk here. --transport openssh runs the ssh in $PATH",
		"min-chunk":    "-s is the smallest chunk here; mscp always uses SFTP",
		"compress":     "-C yes compresses",
	}
}
