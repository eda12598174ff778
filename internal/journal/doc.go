// Package journal keeps the checkpoint of one copy job: an append-only file of what is begun, acknowledged and
// committed, replayed by the next run of the same job.
//
// [Open] locks the file, replays it into a [State] and returns a [Journal] that appends to it. Small files leave
// one record, when they are in place ([Journal.Commit]). Large ones are begun ([Journal.File]), and their acknowledged
// ranges recorded as they come ([Journal.Acked]), until they are committed. What a record means is the caller's; the
// journal knows keys, names and ranges.
//
// Nothing that is called once per block or per file waits for a disk. Records gather in memory and one goroutine
// writes them, at most Options.SyncEvery or Options.SyncBytes apart; a second one then puts them on stable storage.
// They are two because fdatasync may take many seconds on a disk that is busy with the copy itself: what is written
// survives the death of the process, by whatever signal, and must not wait for what only a power failure needs.
//
// The journal tells what the destination acknowledged, not what it has on stable storage. After a power failure on the
// destination's side a journal may know of ranges that are lost there: who must exclude that syncs
// the destination first.
//
// A write that fails (a full disk) stops the journal, not the copy: the error is kept for [Journal.Err], nothing more is
// written, and what was written before stays good.
//
// # Format
//
// A journal begins with 8 bytes, 89 6D 73 63 70 0D 0A ("mscp" between a byte that is not ASCII and a line end, so that neither a
// text file nor a copy with converted line ends is taken for one) and the version, 01. Records follow:
//
//	1 byte    type
//	1-5       length of the payload in bytes, at most [MaxPayload], as an unsigned LEB128 (encoding/binary's Uvarint)
//	length    payload
//	4         CRC-32C (Castagnoli, RFC 3720 section 12.1) of all the above, little-endian
//
// with these types and payloads, where key is 16 bytes, a name is its length as Uvarint and its bytes, and the rest are Uvarints:
//
//	'J'  the job, as the caller describes it; always the first record, and only the first
//	'F'  key, name of the partial file, name of the source: begun. What was known of the key is forgotten
//	'R'  key, offset, length (not 0): acknowledged. Without an 'F' before it, it means nothing
//	'C'  key: committed. A committed small file costs 22 bytes
//
// The journal ends before the first record that is cut off, fails its CRC or is none of these: Open truncates it
// there. So a journal torn by a crash is a shorter journal, and what it has lost is only copied again.
package journal
