/// Gathers packets that left together, and compares each group's distance from the one before at departure with that
/// at arrival.
///
/// Packets come by their arrival. Source: draft-ietf-rmcat-gcc-02, section 4.1; bursts after libwebrtc's
/// inter_arrival_delta.
struct PacketGroups: Sendable {
    /// Packets that left within this time are one group.
    static let length = MediaDuration.milliseconds(5)
    /// Packets that arrive at such intervals, closer than they left, were held up together and are one group too ...
    static let burstInterval = MediaDuration.milliseconds(5)
    /// ... as long as the group takes no longer than this to arrive.
    static let longestBurst = MediaDuration.milliseconds(100)
    /// A receiver's clock that goes ahead of ours by this was set anew.
    static let clockJump = MediaDuration.seconds(3)
    /// So many groups in a row that arrive before the one before mean the same.
    static let reorderedGroups = 3

    /// The distances of a group from the one before.
    struct Spacing: Hashable, Sendable {
        var departure: MediaDuration
        var arrival: MediaDuration
        /// When the group had arrived, by the receiver's clock.
        var instant: MediaInstant
    }

    private struct Group {
        var firstDeparture: MediaInstant
        var lastDeparture: MediaInstant
        var firstArrival: MediaInstant
        var lastArrival: MediaInstant
        /// When it was reported, by our clock.
        var reported: MediaInstant
    }

    private var current: Group?
    private var previous: Group?
    private var reordered = 0

    /// Notes a packet that is reported to have arrived.
    ///
    /// - Returns: The distances of the group that it ended; nil when it ended none.
    mutating func add(departure: MediaInstant, arrival: MediaInstant, at instant: MediaInstant) -> Spacing? {
        guard var group = current else {
            start(departure, arrival, instant)
            return nil
        }
        guard departure >= group.firstDeparture else { return nil }
        guard departure - group.firstDeparture > Self.length, !isHeldUp(departure, arrival, with: group) else {
            group.lastDeparture = max(group.lastDeparture, departure)
            group.lastArrival = arrival
            group.reported = instant
            current = group
            return nil
        }
        var spacing: Spacing?
        if let previous {
            let distance = group.lastArrival - previous.lastArrival
            let elapsed = group.reported - previous.reported
            if distance - elapsed >= Self.clockJump {
                self = PacketGroups()
                return nil
            }
            if distance < .zero {
                reordered += 1
                if reordered >= Self.reorderedGroups { self = PacketGroups() }
                return nil
            }
            reordered = 0
            spacing = Spacing(
                departure: group.lastDeparture - previous.lastDeparture, arrival: distance, instant: group.lastArrival)
        }
        previous = group
        start(departure, arrival, instant)
        return spacing
    }

    private mutating func start(_ departure: MediaInstant, _ arrival: MediaInstant, _ instant: MediaInstant) {
        current = Group(
            firstDeparture: departure, lastDeparture: departure, firstArrival: arrival, lastArrival: arrival,
            reported: instant)
    }

    private func isHeldUp(_ departure: MediaInstant, _ arrival: MediaInstant, with group: Group) -> Bool {
        let sent = departure - group.lastDeparture
        guard sent.nanoseconds != 0 else { return true }
        let arrived = arrival - group.lastArrival
        return arrived < sent && arrived <= Self.burstInterval && arrival - group.firstArrival < Self.longestBurst
    }
}
