// Package plan decides what is copied and where it lands.
//
// It works in three steps, of which only [MakeRoot] and the probe of [SelfCopy] write anything. [Expand] turns the
// user's patterns into paths. [Land] looks at the target and at each source, and says for each where it lands below one
// directory, the Root; everything that can be refused is refused here, before the first byte is written. [Walk] lists
// the sources and hands what it finds to a [Sink], directories before what lies in them.
//
// An [Early] asks what the second step will want to know before it does: over a long distance each question costs a round trip.
//
// The walk never holds the tree. A listing is passed on entry by entry, with the attributes that came with it;
// directories and links wait in a bounded stack, deepest first, and when that is full the listing pauses until its
// newest subdirectory is done. So memory grows with the depth of the tree and not
// with its breadth, and the depth is bounded (see stackBytes and maxDepth).
//
// A directory's mode and times are set when nothing below it changes any more. Each [Dir] therefore counts what
// still needs it, and the last one to release it finishes it, then its parent.
//
// Names that a server lists are not trusted: one that could lead out of the directory that holds it is refused.
package plan
