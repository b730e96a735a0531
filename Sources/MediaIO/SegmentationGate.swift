/// Whether datagrams may leave as segmented messages.
///
/// Not every interface takes them: one that can't compute checksums does not, nor does a path whose packets must be
/// smaller than the segments. The latter is one peer's affair, the former lasts, and the kernel's answer does not always
/// tell them apart: so a few refusals in a row turn segmentation off for a while, and each one after that for longer.
struct SegmentationGate {
    private static let toleratedRefusals = 3
    private static let firstPause = 1 << 10
    private static let longestPause = 1 << 20

    /// Whether the kernel can segment at all.
    private let isAvailable: Bool
    private var refusalsInARow = 0
    /// How many datagrams are to be sent one by one before segmentation is tried again.
    private var pause = 0

    init(isAvailable: Bool) {
        self.isAvailable = isAvailable
    }

    var isOpen: Bool { isAvailable && pause == 0 }

    /// The kernel took a message of several datagrams.
    mutating func accepted() {
        refusalsInARow = 0
    }

    /// The kernel took one by one what it had refused as one message.
    mutating func refused() {
        refusalsInARow = min(refusalsInARow + 1, 32)
        let excess = refusalsInARow - Self.toleratedRefusals
        if excess > 0 { pause = min(Self.firstPause << (excess - 1), Self.longestPause) }
    }

    /// A datagram is sent by itself because the gate is closed.
    mutating func passed() {
        if pause > 0 { pause -= 1 }
    }
}
