//go:build !race

package sftpwire

const slack = 0.0
