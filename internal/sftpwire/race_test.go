//go:build race

package sftpwire

// slack is what the race detector's sync.Pool costs: it drops some of what is put back.
const slack = 3.0
