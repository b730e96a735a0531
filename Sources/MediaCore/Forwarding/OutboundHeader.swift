/// The values of a packet that are known only when it leaves.
struct Departure {
    var ssrc: UInt32
    var payloadType: UInt8
    var sequenceNumber: UInt16
    var marker: Bool
    /// Whether it has no payload but padding, if any: nothing is told of a frame.
    var isFiller = false
    /// Whether the payload is padding. Source: RFC 3550, section 5.1.
    var isPadding = false
    var timestamp: UInt32
    var transportSequenceNumber: UInt16
    /// 24 bits: seconds as 6.18 fixed point.
    var absoluteSendTime: UInt32
    /// The numbers of the dependency descriptor, where it gets others than it came with.
    var frameNumber: UInt16?
    var activeTargets: UInt32?
}

/// Writes the RTP headers of one consumer: its own numbers, its own extension identifiers, the source's extension data.
///
/// What every packet carries is laid out once, as a template that is copied and filled in. Elements of the source follow.
struct OutboundHeader {
    private let transportSequenceNumber: UInt8
    private let absoluteSendTime: UInt8
    private let mid: UInt8
    private let audioLevel: UInt8
    private let playoutDelay: UInt8
    private let videoOrientation: UInt8
    private let dependencyDescriptor: UInt8
    private let midByteCount: Int
    private var midBytes = InlineArray<16, UInt8>(repeating: 0)
    /// Whether an identifier needs the two-byte form. Source: RFC 8285, section 4.3.
    private let hasLargeIdentifier: Bool
    /// Profile and length, then the elements of every packet in the one-byte form, then zeros.
    private var template = InlineArray<8, UInt32>(repeating: 0)
    /// Where the template's last element ends in the packet, and the header's length when nothing follows.
    private var templateEnd = 16
    private var templateHeaderByteCount = 12

    /// Where the first element's value stands, counted from the packet's beginning.
    private static let firstValue = 17

    /// Identifiers of 0 stand for extensions that were not negotiated.
    init(_ parameters: RTPParameters) {
        let identifiers = parameters.headerExtensions
        transportSequenceNumber = identifiers[.transportSequenceNumber] ?? 0
        absoluteSendTime = identifiers[.absoluteSendTime] ?? 0
        mid = identifiers[.mid] ?? 0
        audioLevel = identifiers[.audioLevel] ?? 0
        playoutDelay = identifiers[.playoutDelay] ?? 0
        videoOrientation = identifiers[.videoOrientation] ?? 0
        dependencyDescriptor = identifiers[.dependencyDescriptor] ?? 0
        hasLargeIdentifier =
            max(
                max(transportSequenceNumber, absoluteSendTime, mid), max(audioLevel, playoutDelay, videoOrientation),
                dependencyDescriptor) > 14
        var count = 0
        for byte in parameters.mid.utf8.prefix(16) {
            midBytes[count] = byte
            count += 1
        }
        midByteCount = count
        if !hasLargeIdentifier { makeTemplate() }
    }

    private mutating func makeTemplate() {
        // A header of this consumer, written in full once; its fixed part is left out.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 12 + 8 * 4, alignment: 4)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 12 + 8 * 4)
        var block = ExtensionBlock(memory: memory, isTwoByte: false)
        appendOwn(&block, transportSequenceNumber: 0, absoluteSendTime: 0)
        templateEnd = block.offset
        templateHeaderByteCount = block.finish()
        for offset in stride(from: 12, to: templateHeaderByteCount, by: 4) {
            template[offset / 4 - 3] = memory.load(fromByteOffset: offset, as: UInt32.self)
        }
    }

    /// Bounds what `write` will need for this packet.
    func byteCountBound(_ packet: StoredPacket) -> Int {
        12 + 4 + 4 + 5 + 18 + 8 + 3 + Int(packet.audioLevel.count) + Int(packet.playoutDelay.count)
            + Int(packet.videoOrientation.count) + Int(packet.dependencyDescriptor.count)
            + DependencyDescriptorWriter.maximumGrowth
    }

    /// Whether packets carry transport-wide numbers.
    var hasTransportSequenceNumber: Bool { transportSequenceNumber != 0 }

    /// Whether packets keep their dependency descriptors.
    var hasDependencyDescriptor: Bool { dependencyDescriptor != 0 }

    /// Whether an element of the source needs the two-byte form. Source: RFC 8285, section 4.3.
    private func hasLargeElement(_ packet: StoredPacket, hasMask: Bool) -> Bool {
        Int(packet.dependencyDescriptor.count) + (hasMask ? DependencyDescriptorWriter.maximumGrowth : 0) > 16
            || packet.playoutDelay.count > 16 || packet.audioLevel.count > 16
            || packet.videoOrientation.count > 16
    }

    /// Writes the header of one packet and returns its length. `memory` holds at least `byteCountBound(packet)` bytes;
    /// `source` is where the stored packet begins.
    func write(
        _ departure: Departure, _ packet: StoredPacket, from source: UnsafeRawPointer,
        to memory: UnsafeMutableRawPointer
    ) -> Int {
        let isTwoByte = hasLargeIdentifier || hasLargeElement(packet, hasMask: departure.activeTargets != nil)
        var block = ExtensionBlock(memory: memory, isTwoByte: isTwoByte)
        if isTwoByte {
            appendOwn(
                &block, transportSequenceNumber: departure.transportSequenceNumber,
                absoluteSendTime: departure.absoluteSendTime)
        } else {
            copyTemplate(&block, departure)
        }
        let first = UInt16(departure.payloadType | (departure.marker ? 0x80 : 0))
        let version: UInt16 = (templateHeaderByteCount > 12 ? 0x9000 : 0x8000) | (departure.isPadding ? 0x2000 : 0)
        memory.storeBytes(of: (version | first).bigEndian, as: UInt16.self)
        memory.storeBytes(of: departure.sequenceNumber.bigEndian, toByteOffset: 2, as: UInt16.self)
        memory.storeBytes(of: departure.timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: departure.ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
        guard isTwoByte || packet.hasExtensions && !departure.isFiller else { return templateHeaderByteCount }
        if !departure.isFiller {
            block.copy(audioLevel, packet.audioLevel, from: source)
            block.copy(playoutDelay, packet.playoutDelay, from: source)
            block.copy(videoOrientation, packet.videoOrientation, from: source)
            if dependencyDescriptor != 0, packet.dependencyDescriptor.count > 0 {
                appendDependencyDescriptor(&block, departure, packet, from: source)
            }
        }
        return block.finish(firstByte: departure.isPadding ? 0xB0 : 0x90)
    }

    /// The packet's dependency descriptor with the consumer's numbers.
    private func appendDependencyDescriptor(
        _ block: inout ExtensionBlock, _ departure: Departure, _ packet: StoredPacket, from source: UnsafeRawPointer
    ) {
        let range = packet.dependencyDescriptor
        guard let frameNumber = departure.frameNumber else {
            return block.copy(dependencyDescriptor, range, from: source)
        }
        let start = block.offset
        block.begin(dependencyDescriptor, Int(range.count))
        let bytes = UnsafeRawBufferPointer(start: source.advanced(by: Int(range.offset)), count: Int(range.count))
        let count = DependencyDescriptorWriter.write(
            bytes, packet.layers, frameNumber: frameNumber, activeTargets: departure.activeTargets,
            to: block.memory.advanced(by: block.offset))
        // It may have grown.
        block.offset = start
        block.begin(dependencyDescriptor, count)
        block.offset += count
    }

    @inline(always)
    private func copyTemplate(_ block: inout ExtensionBlock, _ departure: Departure) {
        for offset in stride(from: 12, to: templateHeaderByteCount, by: 4) {
            block.memory.storeBytes(of: template[offset / 4 - 3], toByteOffset: offset, as: UInt32.self)
        }
        block.offset = templateEnd
        var position = Self.firstValue
        if transportSequenceNumber != 0 {
            block.memory.storeBytes(
                of: departure.transportSequenceNumber.bigEndian, toByteOffset: position, as: UInt16.self)
            position += 3
        }
        if absoluteSendTime != 0 {
            let value = departure.absoluteSendTime
            block.memory.storeBytes(of: UInt8(truncatingIfNeeded: value >> 16), toByteOffset: position, as: UInt8.self)
            block.memory.storeBytes(
                of: UInt16(truncatingIfNeeded: value).bigEndian, toByteOffset: position + 1, as: UInt16.self)
        }
    }

    /// The elements that every packet carries.
    private func appendOwn(
        _ block: inout ExtensionBlock, transportSequenceNumber number: UInt16, absoluteSendTime time: UInt32
    ) {
        if transportSequenceNumber != 0 {
            block.begin(transportSequenceNumber, 2)
            block.append(UInt8(truncatingIfNeeded: number >> 8))
            block.append(UInt8(truncatingIfNeeded: number))
        }
        if absoluteSendTime != 0 {
            block.begin(absoluteSendTime, 3)
            block.append(UInt8(truncatingIfNeeded: time >> 16))
            block.append(UInt8(truncatingIfNeeded: time >> 8))
            block.append(UInt8(truncatingIfNeeded: time))
        }
        if mid != 0, midByteCount > 0 {
            block.begin(mid, midByteCount)
            for index in 0..<midByteCount { block.append(midBytes[index]) }
        }
    }
}

/// A header extension block being written behind a fixed header. Source: RFC 8285, sections 4.2 and 4.3.
private struct ExtensionBlock {
    let memory: UnsafeMutableRawPointer
    let isTwoByte: Bool
    var offset = 16

    init(memory: UnsafeMutableRawPointer, isTwoByte: Bool) {
        self.memory = memory
        self.isTwoByte = isTwoByte
    }

    @inline(always)
    mutating func append(_ byte: UInt8) {
        memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        offset += 1
    }

    @inline(always)
    mutating func begin(_ identifier: UInt8, _ count: Int) {
        if isTwoByte {
            append(identifier)
            append(UInt8(truncatingIfNeeded: count))
        } else {
            append(identifier << 4 | UInt8(truncatingIfNeeded: count - 1))
        }
    }

    /// Copies an element of the source under another identifier, when both sides know it.
    @inline(always)
    mutating func copy(_ identifier: UInt8, _ range: ExtensionRange, from source: UnsafeRawPointer) {
        guard identifier != 0, range.count > 0 else { return }
        begin(identifier, Int(range.count))
        memory.advanced(by: offset).copyMemory(
            from: source.advanced(by: Int(range.offset)), byteCount: Int(range.count))
        offset += Int(range.count)
    }

    /// Completes the block and returns the header's length; without elements there is no block.
    mutating func finish(firstByte: UInt8 = 0x90) -> Int {
        guard offset > 16 else { return 12 }
        while offset & 3 != 0 { append(0) }
        memory.storeBytes(of: firstByte, as: UInt8.self)
        let profile: UInt16 = isTwoByte ? 0x1000 : 0xBEDE
        memory.storeBytes(of: profile.bigEndian, toByteOffset: 12, as: UInt16.self)
        memory.storeBytes(
            of: UInt16(truncatingIfNeeded: (offset - 16) / 4).bigEndian, toByteOffset: 14, as: UInt16.self)
        return offset
    }
}
