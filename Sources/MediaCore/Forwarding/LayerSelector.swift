/// The layer a consumer is to get: what its watcher prefers, as far as it arrives.
struct LayerTarget: Hashable {
    var stream: SlotID
    var spatialLayer: UInt8
    var temporalLayer: UInt8
}

/// Which packets of one stream a consumer gets, and when it changes from one decode target to another.
///
/// For each decode target it knows whether all its frames since its last beginning were forwarded: such a target is
/// intact. A consumer may change over to an intact target with any picture, to another one only at a frame that begins
/// it anew, or that says that it can be switched to from something that is intact.
struct LayerSelector {
    /// The decode target in force.
    private(set) var era = LayerEra()
    /// Decode targets between the current and the wanted one, the latter included; 0 once it is reached.
    private(set) var steps: UInt32 = 0
    private var intact: UInt32 = 0
    /// The number of the source at which decode targets last began anew.
    private var intactSince: Int64 = 0
    /// The packet it began with.
    private(set) var beginning: (number: Int64, timestamp: UInt32) = (0, 0)
    /// The newest picture; whether its beginning came first, whether anything of it was forwarded, and the decode targets
    /// of what was left out of it.
    private(set) var pictureTimestamp: UInt32 = 0
    private var isPictureOrderly = false
    private var isPictureBegun = false
    private var pictureOmitted: UInt32 = 0

    /// The number of the decode target in force.
    var current: Int { Int(era.target) }

    /// The layout of decode targets that the masks are about.
    var targetsVersion: UInt16 { era.version }

    /// Whether there is anything to select: else every packet is forwarded.
    var selects: Bool { era.bit != .max }

    /// Whether anything but the packet's own place has to be looked at.
    @inline(__always)
    func isSettled(_ layers: FrameLayers) -> Bool {
        steps == 0 && layers.targetsVersion == targetsVersion && !layers.flags.contains(.unresolved)
    }

    /// Begins with a stream at a keyframe, as close to the wanted layers as may be.
    mutating func begin(at packet: StoredPacket, wanted: LayerTarget, among targets: DecodeTargets) {
        let layers = packet.layers
        beginning = (packet.extendedSequenceNumber, packet.timestamp)
        let target = Self.closest(to: wanted, among: targets, of: layers.restarts) ?? 0
        era = LayerEra(
            since: packet.extendedSequenceNumber, target: UInt8(truncatingIfNeeded: target),
            bit: layers.presentIn == .max ? .max : 1 << UInt32(target), version: layers.targetsVersion,
            spatialLayer: UInt8(truncatingIfNeeded: targets.spatialLayer(target)))
        (intact, intactSince) = (layers.restarts, packet.extendedSequenceNumber)
        (pictureTimestamp, isPictureBegun, pictureOmitted) = (packet.timestamp, true, 0)
        isPictureOrderly = packet.startsPicture
        aim(at: wanted, among: targets)
    }

    /// Wants other layers from now on.
    mutating func aim(at wanted: LayerTarget, among targets: DecodeTargets) {
        steps = 0
        guard targets.version == targetsVersion, selects else { return }
        let spatial = targets.spatialLayer(current)
        let temporal = targets.temporalLayer(current)
        let (wantedSpatial, wantedTemporal) = (Int(wanted.spatialLayer), Int(wanted.temporalLayer))
        let spatialRange = min(spatial, wantedSpatial)...max(spatial, wantedSpatial)
        let temporalRange = min(temporal, wantedTemporal)...max(temporal, wantedTemporal)
        for target in 0..<targets.count where target != current {
            if spatialRange.contains(targets.spatialLayer(target)),
                temporalRange.contains(targets.temporalLayer(target))
            {
                steps |= 1 << UInt32(target)
            }
        }
    }

    /// The decode target to change over to at the first packet of a frame; nil to stay.
    func step(
        at packet: StoredPacket, toward wanted: LayerTarget, among targets: DecodeTargets
    ) -> Int? {
        let layers = packet.layers
        if layers.targetsVersion != targetsVersion {
            // Another layout begins with a keyframe.
            guard layers.flags.contains(.keyframeStart), layers.targetsVersion == targets.version else { return nil }
            return Self.closest(to: wanted, among: targets, of: layers.restarts)
        }
        let isBegun = packet.timestamp == pictureTimestamp && isPictureBegun
        // Layers that do without one another begin anew amid a picture only: its first frame brings the templates of all.
        let begun = layers.flags.contains(.described) ? layers.restarts : 0
        var steps = packet.timestamp == pictureTimestamp ? steps & ~pictureOmitted : steps
        for target in 0..<targets.count
        // At a picture of the new target: nothing is left out before a frame that can tell of the change. And not amid a
        // picture, which would end elsewhere than it was to.
        where targets.temporalLayer(target) < Int(layers.temporalLayer)
            || isBegun && targets.spatialLayer(target) != Int(era.spatialLayer) && begun & (1 << UInt32(target)) == 0
        {
            steps &= ~(1 << UInt32(target))
        }
        var open = layers.restarts
        // A higher spatial layer is only taken up where it begins anew.
        for target in 0..<targets.count where targets.spatialLayer(target) <= Int(era.spatialLayer) {
            let bit: UInt32 = 1 << UInt32(target)
            open |= intact & bit
            guard layers.switchTo & bit != 0 else { continue }
            let base = targets.target(
                spatial: targets.spatialLayer(target), temporal: Int(layers.switchNeedsTemporal))
            if let base, intact & (1 << UInt32(base)) != 0 { open |= bit }
        }
        return Self.closest(to: wanted, among: targets, of: open & steps)
    }

    /// Changes over at the first packet of a frame; returns the era that ends.
    mutating func change(
        to target: Int, at packet: StoredPacket, toward wanted: LayerTarget, among targets: DecodeTargets
    ) -> LayerEra {
        let last = era
        var next = LayerEra(
            since: packet.extendedSequenceNumber, target: UInt8(truncatingIfNeeded: target), bit: 1 << UInt32(target),
            version: packet.layers.targetsVersion,
            spatialLayer: UInt8(truncatingIfNeeded: targets.spatialLayer(target)), foundationSince: intactSince)
        if next.version == era.version {
            for other in 0..<targets.count
            where targets.spatialLayer(other) == targets.spatialLayer(target)
                && targets.temporalLayer(other) <= targets.temporalLayer(target)
            {
                next.foundation |= intact & (1 << UInt32(other))
            }
        } else {
            intact = 0
        }
        era = next
        intact |= next.bit
        aim(at: wanted, among: targets)
        return last
    }

    /// Whether all that came of a packet's picture came in order from its beginning.
    func isInOrder(_ packet: StoredPacket) -> Bool {
        packet.timestamp == pictureTimestamp ? isPictureOrderly : packet.startsPicture
    }

    /// Remembers that a packet is forwarded; `isNewest` when none behind it was looked at.
    @inline(__always)
    mutating func takes(_ packet: StoredPacket, isNewest: Bool) {
        if isNewest { enter(packet) }
        if packet.timestamp == pictureTimestamp {
            isPictureBegun = true
            // What was left out of a picture before its beginning came is not there.
            if packet.layers.restarts != 0 {
                intact |= packet.layers.restarts & ~pictureOmitted
                intactSince = packet.extendedSequenceNumber
            }
        }
    }

    /// Remembers that a packet is left out.
    mutating func omits(_ packet: StoredPacket, isNewest: Bool) {
        if isNewest { enter(packet) }
        // Late packets may be of an older layout.
        guard packet.layers.targetsVersion == targetsVersion else { return }
        intact &= ~packet.layers.presentIn
        if packet.timestamp == pictureTimestamp { pictureOmitted |= packet.layers.presentIn }
    }

    @inline(__always)
    private mutating func enter(_ packet: StoredPacket) {
        guard packet.timestamp != pictureTimestamp else { return }
        (pictureTimestamp, pictureOmitted, isPictureBegun) = (packet.timestamp, 0, false)
        isPictureOrderly = packet.startsPicture
    }

    /// Whether a keyframe is needed for another spatial layer than the current one.
    func needsKeyframe(for wanted: LayerTarget, among targets: DecodeTargets) -> Bool {
        targets.version != targetsVersion
            || steps != 0 && targets.spatialLayer(current) != Int(wanted.spatialLayer)
    }

    /// Of some decode targets, the one nearest to what is wanted: by spatial layer first, none above it if possible.
    private static func closest(to wanted: LayerTarget, among targets: DecodeTargets, of mask: UInt32) -> Int? {
        var best: (target: Int, distance: Int)?
        for target in 0..<targets.count where mask & (1 << UInt32(target)) != 0 {
            let spatial = targets.spatialLayer(target) - Int(wanted.spatialLayer)
            let temporal = targets.temporalLayer(target) - Int(wanted.temporalLayer)
            let distance = (spatial > 0 ? 1000 : 0) + abs(spatial) * 64 + (temporal > 0 ? 16 : 0) + abs(temporal)
            if distance < best?.distance ?? .max { best = (target, distance) }
        }
        return best?.target
    }
}
