//go:build !linux

package fsys_test

import "testing"

func openUnread(t *testing.T) *side { return openRoot(t) }
