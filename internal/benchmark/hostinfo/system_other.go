//go:build !linux && !darwin

package hostinfo

import "mscp/internal/benchmark/result"

func system(*result.Host) {}

func queueing(int) string { return "" }
