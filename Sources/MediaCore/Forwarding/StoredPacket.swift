/// Where a header extension's data stands inside a stored packet; a count of zero says it is not there.
struct ExtensionRange {
    var offset: UInt16 = 0
    var count: UInt8 = 0
}

/// What is known of one stored packet: parsed once at arrival, read by every consumer.
struct StoredPacket {
    /// A number that no packet has in a slot that holds nothing yet. Those below zero do exist.
    var extendedSequenceNumber = Int64.min
    /// Where the packet starts, in bytes ever written to the store.
    var position: UInt64 = 0
    var headerByteCount: UInt16 = 0
    /// Without padding.
    var payloadByteCount: UInt16 = 0
    var timestamp: UInt32 = 0
    var marker = false
    /// How many bytes of redundant audio stand before the packet's own block, their headers included; 0 for packets of
    /// any other payload. Source: RFC 2198.
    var redundantByteCount: UInt16 = 0
    /// What its payload or its dependency descriptor says of its frame.
    var layers = FrameLayers()
    var arrival = MediaInstant(nanoseconds: 0)
    var audioLevel = ExtensionRange()
    var playoutDelay = ExtensionRange()
    var videoOrientation = ExtensionRange()
    var dependencyDescriptor = ExtensionRange()
    var layersAllocation = ExtensionRange()

    /// Whether it has header extensions that are passed on.
    var hasExtensions: Bool {
        audioLevel.count | playoutDelay.count | videoOrientation.count | dependencyDescriptor.count != 0
    }

    /// Whether decoding of a picture may begin here.
    var isKeyframeStart: Bool { layers.flags.contains(.keyframeStart) }

    /// The packet without redundant audio: what stands before its own block counts as header.
    var withoutRedundancy: StoredPacket {
        var packet = self
        packet.headerByteCount += redundantByteCount
        packet.payloadByteCount -= redundantByteCount
        packet.redundantByteCount = 0
        return packet
    }

    /// Whether its picture begins here, with the lowest spatial layer.
    var startsPicture: Bool {
        layers.spatialLayer == 0 && layers.flags.intersection([.frameStart, .unresolved]) == .frameStart
    }

    var byteCount: Int { Int(headerByteCount) + Int(payloadByteCount) }
}
