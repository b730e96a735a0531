@testable import MediaCore

/// An estimator that is told anything at all, and what it must not do whatever it is told.
struct EstimatorTrial {
    /// What the receiver says.
    enum Receiver: CaseIterable {
        case honest, losesAll, atOneInstant, backwards, years, extremes, weightless, giant, madeUpProbes, neverSent
        case agesAgo, inReverse, mixed
    }

    private(set) var estimator: any BandwidthEstimator
    private let limits: BitrateLimits
    private let receiver: Receiver
    private var random: MediaRandom
    private(set) var now: MediaInstant
    private var sequenceNumber: Int64 = 1
    private var epoch: Int64
    /// What it did wrong.
    private(set) var failures: Set<String> = []
    /// Depends on everything it said.
    private(set) var digest: UInt64 = 14_695_981_039_346_656_037
    private(set) var lowest = Int64.max
    private(set) var highest = Int64.min
    private(set) var probeCount = 0

    static let extremes: [Int64] = [
        .min, .min + 1, .min / 2, -1 << 53, -1_000_000_000, -1, 0, 1, 1_000_000_000, 1 << 53, .max / 2, .max - 1, .max,
    ]

    init(_ estimator: any BandwidthEstimator, limits: BitrateLimits, receiver: Receiver, seed: UInt64) {
        self.estimator = estimator
        self.limits = limits
        self.receiver = receiver
        random = .seeded(seed)
        now = MediaInstant(nanoseconds: seed % 3 == 0 ? 0 : Int64(seed) * 1_000_000_000_000_000)
        epoch = Int64.random(in: -1 << 50...1 << 50, using: &random)
        self.estimator.begin(at: now)
        check("begin")
    }

    /// Sends, and hears of it, once.
    mutating func step() {
        let step = random.next() % 8 == 0 ? 0 : Int64.random(in: 0...60_000_000, using: &random)
        // Rarely a day or a year without a word.
        let pause: Int64 =
            random.next() % 2_000 == 0 ? [86_400, 31_536_000][Int(random.next() % 2)] * 1_000_000_000 : 0
        now = now + MediaDuration(nanoseconds: step + pause)
        let count = random.next() % 20 == 0 ? 0 : Int(random.next() % 40)
        if receiver != .neverSent { send(count) }
        estimator.receive(reports(count), at: now)
        check("reports")
        if random.next() % 16 == 0 { disturb() }
        follow()
    }

    /// Hears of many at once.
    mutating func hear(_ count: Int) {
        now = now + .milliseconds(100)
        estimator.receive(reports(count), at: now)
        check("many reports")
    }

    private mutating func send(_ count: Int) {
        switch receiver {
        case .weightless: estimator.sent(byteCount: 0, at: now)
        case .giant: estimator.sent(byteCount: Int(pick()), at: now)
        default: estimator.sent(byteCount: 1_200 * count, at: now)
        }
        check("sent")
    }

    private mutating func pick() -> Int64 { Self.extremes[Int(random.next() % UInt64(Self.extremes.count))] }

    /// Does what is due; that must not go on for ever.
    private mutating func follow() {
        for _ in 0..<20 {
            guard let deadline = estimator.nextDeadline, deadline <= now else { return }
            estimator.advance(to: now)
            check("advance")
        }
        failures.insert("is never done with what is due")
    }

    private mutating func disturb() {
        let isWild = receiver == .extremes || receiver == .mixed
        switch random.next() % 6 {
        case 0:
            let bitrate: Int64 = isWild ? pick() : [0, 100, 400_000, 5_000_000, .max][Int(random.next() % 5)]
            estimator.receive(receiverEstimate: bitrate, at: now)
            check("receiver's estimate")
        case 1:
            let (lost, expected) = isWild ? (pick(), pick()) : (Int64(random.next() % 40) - 20, 50)
            estimator.receive(packetsLost: lost, of: expected, at: now)
            check("receiver report")
        case 2:
            let roundTrip = isWild ? pick() : Int64(random.next() % 4_000) * 1_000_000
            estimator.receive(roundTrip: MediaDuration(nanoseconds: roundTrip), at: now)
            check("round trip")
        case 3:
            estimator.setUsefulBitrate(
                random.next() % 3 == 0 ? nil : pick(), next: random.next() % 2 == 0 ? nil : pick(), at: now)
            check("useful bit rate")
        case 4:
            estimator.advance(to: now)
            check("advance too early")
        default:
            guard random.next() % 20 == 0 else { return }
            estimator.begin(at: now)
            check("begin again")
        }
    }

    // MARK: Reports

    private mutating func reports(_ count: Int) -> [PacketReport] {
        var reports: [PacketReport] = []
        reports.reserveCapacity(count)
        for index in 0..<count {
            sequenceNumber &+= 1
            let departure = now - .milliseconds(Int64(count - index) + 30)
            var report = PacketReport(
                sequenceNumber: sequenceNumber, byteCount: 1_200, departure: departure,
                arrival: MediaInstant(nanoseconds: departure.nanoseconds &+ epoch), probe: nil)
            var kind = receiver
            if kind == .mixed { kind = Receiver.allCases[Int(random.next() % UInt64(Receiver.allCases.count))] }
            distort(&report, kind)
            reports.append(report)
        }
        return reports
    }

    private mutating func distort(_ report: inout PacketReport, _ kind: Receiver) {
        switch kind {
        case .honest, .neverSent, .mixed: break
        case .losesAll: report.arrival = nil
        case .atOneInstant: report.arrival = MediaInstant(nanoseconds: epoch)
        case .backwards:
            report.arrival = MediaInstant(nanoseconds: epoch &- report.departure.nanoseconds)
        case .years:
            let years = Int64(random.next() % 200) - 100
            report.arrival = MediaInstant(nanoseconds: epoch &+ years &* 31_536_000_000_000_000)
        case .extremes:
            report.sequenceNumber = pick()
            report.byteCount = Int(pick())
            report.departure = MediaInstant(nanoseconds: pick())
            report.arrival = random.next() % 4 == 0 ? nil : MediaInstant(nanoseconds: pick())
            report.probe = UInt8(truncatingIfNeeded: random.next())
        case .weightless: report.byteCount = 0
        case .giant: report.byteCount = Int(pick())
        case .madeUpProbes: report.probe = UInt8(truncatingIfNeeded: random.next())
        case .agesAgo: report.departure = MediaInstant(nanoseconds: now.nanoseconds &- 4_294_000_000_000)
        case .inReverse: report.sequenceNumber = -report.sequenceNumber
        }
    }

    // MARK: Invariants

    private mutating func check(_ call: String) {
        let rates = estimator.rates
        if rates.target < limits.minimum || rates.target > limits.maximum {
            failures.insert("\(call): a target of \(rates.target)")
        }
        if rates.pacing <= 0 || rates.pacing > limits.maximum * 10 {
            failures.insert("\(call): a pacing rate of \(rates.pacing)")
        }
        if rates.padding < 0 || rates.padding > limits.maximum {
            failures.insert("\(call): a padding rate of \(rates.padding)")
        }
        lowest = min(lowest, rates.target)
        highest = max(highest, rates.target)
        mix(rates.target)
        mix(rates.pacing)
        mix(rates.padding)
        mix(estimator.nextDeadline?.nanoseconds ?? -1)
        var probes = 0
        while let probe = estimator.takeProbe() {
            probes += 1
            let isPossible = (1...31).contains(probe.id) && probe.minimumPackets > 0 && probe.minimumPackets <= 100
            if !isPossible || probe.duration <= .zero || probe.duration > .seconds(1) {
                failures.insert("\(call): \(probe)")
            }
            if probe.bitrate < limits.minimum || probe.bitrate > limits.maximum * 2 {
                failures.insert("\(call): a probe at \(probe.bitrate)")
            }
            mix(probe.bitrate)
            guard probes < 100 else {
                failures.insert("\(call): probes without end")
                return
            }
        }
        probeCount += probes
    }

    private mutating func mix(_ value: Int64) {
        digest = (digest ^ UInt64(bitPattern: value)) &* 1_099_511_628_211
    }

    /// How many values the estimator holds, those of its arrays included.
    var valueCount: Int { Self.valueCount(of: estimator) }

    private static func valueCount(of value: Any) -> Int {
        let children = Mirror(reflecting: value).children
        return children.isEmpty ? 1 : children.reduce(0) { $0 + valueCount(of: $1.value) }
    }
}
