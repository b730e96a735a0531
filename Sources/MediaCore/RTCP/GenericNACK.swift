/// A request to send packets again. Source: RFC 4585, section 6.2.1.
package struct GenericNACK: Hashable, Sendable {
    /// One packet and a mask of the sixteen that follow it.
    package struct Item: Hashable, Sendable {
        /// The first lost packet.
        package var packetID: UInt16
        /// Bit i set: packet `packetID + i + 1` is lost too.
        package var bitmask: UInt16

        /// Creates an item.
        package init(packetID: UInt16, bitmask: UInt16) {
            self.packetID = packetID
            self.bitmask = bitmask
        }
    }

    /// Who asks.
    package var sender: UInt32
    /// The stream it asks for.
    package var media: UInt32
    /// What it asks for.
    package var items: [Item]

    /// Creates a request.
    package init(sender: UInt32, media: UInt32, items: [Item]) {
        self.sender = sender
        self.media = media
        self.items = items
    }

    /// Creates a request for sequence numbers, packed best when they ascend.
    package init(sender: UInt32, media: UInt32, sequenceNumbers: some Sequence<UInt16>) {
        self.init(sender: sender, media: media, items: [])
        for number in sequenceNumbers {
            if let last = items.indices.last {
                let distance = number &- items[last].packetID
                if distance == 0 { continue }
                if distance <= 16 {
                    items[last].bitmask |= 1 << (distance - 1)
                    continue
                }
            }
            items.append(Item(packetID: number, bitmask: 0))
        }
    }

    init(_ reader: inout WireReader) throws(WireError) {
        sender = try reader.readUInt32()
        media = try reader.readUInt32()
        // A request for nothing, or half an item, is not one.
        guard reader.remaining > 0, reader.remaining % 4 == 0 else { throw .truncated }
        items = []
        items.reserveCapacity(reader.remaining / 4)
        while reader.remaining > 0 {
            items.append(Item(packetID: try reader.readUInt16(), bitmask: try reader.readUInt16()))
        }
    }

    /// The sequence numbers asked for, in the order of the items.
    package var sequenceNumbers: SequenceNumbers { SequenceNumbers(items: items) }

    /// The sequence numbers of a request.
    package struct SequenceNumbers: Sequence, IteratorProtocol, Sendable {
        fileprivate let items: [Item]
        private var index = 0
        private var step: UInt16 = 0

        fileprivate init(items: [Item]) {
            self.items = items
        }

        /// The next number; nil at the end.
        package mutating func next() -> UInt16? {
            while index < items.count {
                let item = items[index]
                while step <= 16 {
                    let current = step
                    step += 1
                    if current == 0 || item.bitmask >> (current - 1) & 1 == 1 { return item.packetID &+ current }
                }
                index += 1
                step = 0
            }
            return nil
        }
    }
}
