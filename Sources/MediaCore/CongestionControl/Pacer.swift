/// When packets to one subscriber may leave.
///
/// What was sent is a debt that is paid off at the pacing rate. Packets leave as long as the debt is below a quantum, a
/// few milliseconds' worth; then nothing does until it is paid. So they leave in groups, which the sender hands to the
/// kernel as one message each, and one timer serves a group. Debts are kept as the instant at which they will be paid:
/// nothing is to be done while time passes.
package struct Pacer {
    /// How much may leave at once, in time.
    private let quantum: MediaDuration
    /// 1/256 ns that each byte takes.
    private var byteTime: Int64
    private var paidAt = MediaInstant(nanoseconds: .min / 2)
    /// When a packet left that had to wait its turn.
    private var lastPaced = MediaInstant(nanoseconds: .min / 2)
    /// The same for padding; 0 while there is none to send.
    private var paddingByteTime: Int64 = 0
    private var paddingPaidAt = MediaInstant(nanoseconds: .min / 2)
    /// The same for resends.
    private var resendByteTime: Int64
    private var resendsPaidAt = MediaInstant(nanoseconds: .min / 2)
    /// The cluster that is being sent.
    private var probe: Probe?
    private var waitingProbes: [ProbeCluster] = []

    private struct Probe {
        var cluster: ProbeCluster
        var byteTime: Int64
        var end: MediaInstant
        var byteCount: Int
        var packetCount = 0
        var paidAt: MediaInstant
    }

    /// No debt is longer: what is exempt from pacing may add to it without end.
    private static let longestDebt = MediaDuration.milliseconds(500)
    /// Resends may take this share of the target, and so much of it at once.
    private static let resendShare = 0.4
    private static let resendBurst = MediaDuration.milliseconds(400)
    /// A cluster that can't be sent, for want of packets and of padding, is given up.
    private static let longestProbe = MediaDuration.milliseconds(500)

    /// Creates a pacer for a rate in bit/s on the wire.
    package init(rates: SendRates, quantum: MediaDuration = .milliseconds(5)) {
        self.quantum = quantum
        byteTime = Self.byteTime(rates.pacing)
        resendByteTime = Self.byteTime(Int64(Double(rates.target) * Self.resendShare))
        paddingByteTime = rates.padding > 0 ? Self.byteTime(rates.padding) : 0
    }

    private static func byteTime(_ bitrate: Int64) -> Int64 {
        2_048_000_000_000 / min(max(bitrate, 1000), 100_000_000_000)
    }

    private static func time(_ byteCount: Int, _ byteTime: Int64) -> MediaDuration {
        MediaDuration(nanoseconds: (Int64(byteCount) &* byteTime) >> 8)
    }

    /// How long so many bytes take at the pacing rate.
    package func time(for byteCount: Int) -> MediaDuration { Self.time(byteCount, byteTime) }

    /// Goes on at other rates; what is owed is owed in bytes.
    package mutating func set(_ rates: SendRates, at instant: MediaInstant) {
        let new = Self.byteTime(rates.pacing)
        resendByteTime = Self.byteTime(Int64(Double(rates.target) * Self.resendShare))
        guard new != byteTime || rates.padding > 0 || paddingByteTime != 0 else { return }
        if paidAt > instant {
            let owed = Double((paidAt - instant).nanoseconds) * Double(new) / Double(byteTime)
            paidAt = instant + min(MediaDuration(nanoseconds: Int64(owed)), Self.longestDebt)
        }
        byteTime = new
        paddingByteTime = rates.padding > 0 ? Self.byteTime(rates.padding) : 0
    }

    /// Whether a packet may leave.
    @inline(__always)
    package func mayDepart(at instant: MediaInstant) -> Bool {
        if let probe { return probe.paidAt - instant < probe.cluster.minimumInterval }
        // What need not wait may take all there is: something else leaves now and then, or nothing would ever be learned.
        return paidAt - instant < quantum || instant - lastPaced >= Self.longestDebt
    }

    /// Whether one that was sent before may leave again, as far as the budget of resends goes.
    package func mayResend(at instant: MediaInstant) -> Bool { resendsPaidAt - instant < Self.resendBurst }

    /// When a packet may leave that may not now.
    package var nextDeparture: MediaInstant { probe?.paidAt ?? min(paidAt, lastPaced + Self.longestDebt) }

    /// The cluster that what leaves now belongs to.
    package var probeID: ProbeCluster.ID? { probe?.cluster.id }

    /// Notes that a packet left, so many bytes on the wire. Whatever leaves is noted, also what need not wait.
    @inline(__always)
    package mutating func departed(byteCount: Int, isUrgent: Bool = false, at instant: MediaInstant) {
        if !isUrgent { lastPaced = instant }
        // Who comes late to the timer has not lost what was due, as far as a quantum goes.
        let start = max(paidAt, instant - quantum)
        paidAt = min(start + Self.time(byteCount, byteTime), instant + Self.longestDebt)
        if paddingByteTime != 0 {
            paddingPaidAt = max(paddingPaidAt, instant - quantum) + Self.time(byteCount, paddingByteTime)
        }
        if probe != nil { probed(byteCount, at: instant) }
    }

    /// Notes besides that it was a resend.
    package mutating func resent(byteCount: Int, at instant: MediaInstant) {
        resendsPaidAt = max(resendsPaidAt, instant) + Self.time(byteCount, resendByteTime)
    }

    // MARK: Padding

    /// Whether a packet of padding is to leave, when nothing else wants to.
    package func wantsPadding(at instant: MediaInstant) -> Bool {
        guard mayDepart(at: instant) else { return false }
        return probe != nil || paddingByteTime != 0 && paddingPaidAt <= instant
    }

    /// When padding is to leave next if nothing else does; nil when none is wanted.
    package var nextPadding: MediaInstant? {
        if let probe { return probe.paidAt }
        return paddingByteTime != 0 ? max(paddingPaidAt, paidAt) : nil
    }

    // MARK: Probes

    /// Sends a cluster, after those that wait already; five wait at most.
    package mutating func enqueue(_ cluster: ProbeCluster, at instant: MediaInstant) {
        if waitingProbes.count == 5 { waitingProbes.removeFirst() }
        waitingProbes.append(cluster)
        startProbe(at: instant)
    }

    /// Gives up a cluster that takes too long, and begins the next.
    package mutating func advance(to instant: MediaInstant) {
        guard let probe, instant >= probe.end else { return }
        self.probe = nil
        startProbe(at: instant)
    }

    private mutating func startProbe(at instant: MediaInstant) {
        guard probe == nil, !waitingProbes.isEmpty else { return }
        let cluster = waitingProbes.removeFirst()
        let byteCount = Int(Double(cluster.bitrate) / 8 * cluster.duration.inSeconds)
        probe = Probe(
            cluster: cluster, byteTime: Self.byteTime(cluster.bitrate), end: instant + Self.longestProbe,
            byteCount: byteCount, paidAt: instant)
    }

    private mutating func probed(_ byteCount: Int, at instant: MediaInstant) {
        guard var probe else { return }
        probe.paidAt =
            max(probe.paidAt, instant - probe.cluster.minimumInterval) + Self.time(byteCount, probe.byteTime)
        probe.byteCount -= byteCount
        probe.packetCount += 1
        if probe.byteCount <= 0, probe.packetCount >= probe.cluster.minimumPackets {
            self.probe = nil
            // What probes took is not owed: media goes on at its own pace.
            paidAt = min(paidAt, instant)
            startProbe(at: instant)
        } else {
            self.probe = probe
        }
    }
}
