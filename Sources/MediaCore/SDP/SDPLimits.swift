/// How large a session description may be. Whatever exceeds a limit is refused.
package struct SDPLimits: Sendable {
    /// Bytes of the whole text. Chromium's section of sound and one of picture are 6.7 KB together; who watches a
    /// meeting offers a pair for each of its streams, and 32 pairs take 215 KB.
    package var bytes = 262_144
    /// Lines.
    package var lines = 8_000
    /// Bytes of one line, without its end.
    package var lineBytes = 4_096
    /// Media sections.
    package var media = 64
    /// Formats of one media section; an RTP session has 128 payload types.
    package var formats = 128
    /// `a=candidate` lines of one section.
    package var candidates = 64
    /// `a=extmap` lines of one section.
    package var headerExtensions = 64
    /// `a=ssrc` lines of one section.
    package var ssrcLines = 256
    /// `a=rid` lines of one section.
    package var rids = 16
    /// `a=fingerprint` lines of one section.
    package var fingerprints = 16

    /// Creates the default limits.
    package init() {}

    /// How many lines of an attribute one section may have; nil when only the number of lines limits it.
    func maximumCount(ofAttribute name: String) -> Int? {
        switch name {
        case "candidate": candidates
        case "extmap": headerExtensions
        case "ssrc": ssrcLines
        case "rid": rids
        case "fingerprint": fingerprints
        default: nil
        }
    }
}
