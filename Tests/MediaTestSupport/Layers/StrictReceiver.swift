public import MediaCore

/// Judges all that one watcher was sent, in the order of its numbers, by what the publisher knows of it.
///
/// A fault is excused only where the network took or delayed a packet on its way to the engine. What the engine sent is
/// judged before the watcher's link loses any of it.
public struct StrictReceiver {
    /// A packet that was sent, and what it is of.
    struct Part {
        var departure: LayeredDeparture
        var encoding: Int
        /// Its place in the encoding's packets.
        var packet: Int
        var frame: Int
        var run: Int
        /// Numbers since the part before that nothing was sent under.
        var gap: Int
    }

    /// Packets later than that behind their successors count as lost.
    public static let patience = MediaDuration.milliseconds(50)
    /// And those that so many successors overtook.
    public static let overtakers = 20

    /// How it was encoded.
    public let mode: LayeredMode
    let encoders: [LayeredEncoder]
    /// When the watcher wanted nothing any more: what it had ends there, be it amid a picture.
    private let pauses: [MediaInstant]
    /// What was found.
    public private(set) var violations: [LayerViolation] = []
    /// The frames sent, in the order of their numbers.
    public internal(set) var frames: [PlayedFrame] = []
    private(set) var parts: [Part] = []
    /// Whether a packet came too late for anybody to wait for it, or never: by encoding and packet.
    private var isLate: [[Bool]] = []
    /// When each run of one encoding began.
    private(set) var runStarts: [MediaInstant] = []
    /// When each run of one encoding was left for another.
    private(set) var runEnds: [MediaInstant] = []
    private var places: [UInt64: (encoding: Int, packet: Int)] = [:]

    /// Judges what was sent.
    public init(
        _ mode: LayeredMode, _ encoders: [LayeredEncoder], _ departures: [LayeredDeparture],
        repeats: [(original: UInt16, packet: LayeredDeparture)] = [], complaints: [String] = [],
        pauses: [MediaInstant] = []
    ) {
        self.mode = mode
        self.pauses = pauses
        self.encoders = encoders
        for complaint in complaints { note(.nonce, complaint) }
        isLate = encoders.map(Self.lateness)
        for (encoding, encoder) in encoders.enumerated() {
            for (packet, content) in encoder.packets.enumerated() {
                if let key = LayeredEncoder.key(of: content.payload) { places[key] = (encoding, packet) }
            }
        }
        identify(departures)
        compare(repeats, departures)
        gatherFrames()
        checkDecoding()
        checkHoles()
        checkPictures()
        checkPace()
        if mode.hasDependencyDescriptor {
            checkDescriptors()
        } else if mode.payload == .vp8, mode.isDescribed {
            checkVP8()
        } else if mode.payload == .vp9 {
            checkVP9()
        }
    }

    mutating func note(_ kind: LayerViolation.Kind, _ detail: String) {
        if violations.count < 50 { violations.append(LayerViolation(kind: kind, detail: detail)) }
    }

    /// Whether the network excuses that a packet is not there, for a watcher that left its encoding with the run's end.
    func isExcused(_ encoding: Int, _ packet: Int, run: Int) -> Bool {
        isLate[encoding][packet] || (encoders[encoding].packets[packet].arrival.map { $0 >= runEnds[run] } ?? true)
    }

    /// Whether the network took any packet of a frame, or delayed it.
    func isDamaged(_ encoding: Int, frame: Int, run: Int) -> Bool {
        encoders[encoding].frames[frame].packets.contains { isExcused(encoding, $0, run: run) }
    }

    func frame(_ part: Part) -> LayeredFrame { encoders[part.encoding].frames[part.frame] }

    private static func lateness(_ encoder: LayeredEncoder) -> [Bool] {
        let arrivals = encoder.packets.map(\.arrival)
        return arrivals.indices.map { place in
            guard let arrival = arrivals[place] else { return true }
            var overtakers = 0
            for later in arrivals[(place + 1)...].prefix(200) {
                guard let later, later < arrival else { continue }
                overtakers += 1
                if arrival - later > patience || overtakers > Self.overtakers { return true }
            }
            return false
        }
    }

    // MARK: Packets

    private mutating func identify(_ departures: [LayeredDeparture]) {
        var fillers = 0
        var last: LayeredDeparture?
        for departure in departures.sorted(by: { $0.index < $1.index }) {
            if let last, last.index == departure.index { note(.nonce, "number \(departure.index) twice") }
            let gap = last.map { max(0, Int(departure.index) - Int($0.index) - 1) } ?? 0
            last = departure
            guard !departure.payload.isEmpty else {
                fillers += gap
                continue
            }
            guard let key = LayeredEncoder.key(of: departure.payload), let place = places[key] else {
                note(.altered, "number \(departure.index) is nothing that was published")
                continue
            }
            let source = encoders[place.encoding].packets[place.packet]
            if !isSame(departure.payload, source.payload, but: source.rewritable) {
                note(.altered, "number \(departure.index), encoding \(place.encoding), packet \(place.packet)")
            }
            // Back to a keyframe of the same encoding is a beginning too: what is stored is sent again to who comes back.
            let run =
                parts.last.map { last in
                    let isBack = last.packet >= place.packet && isKeyframe(place)
                    let wasPaused = pauses.contains { last.departure.instant < $0 && $0 < departure.instant }
                    return last.encoding == place.encoding && !isBack && !wasPaused ? last.run : last.run + 1
                } ?? 0
            parts.append(
                Part(
                    departure: departure, encoding: place.encoding, packet: place.packet, frame: source.frame, run: run,
                    gap: gap + fillers))
            fillers = 0
        }
        let runs = (parts.last?.run ?? -1) + 1
        runStarts = Array(repeating: MediaInstant(nanoseconds: .max), count: runs)
        for part in parts { runStarts[part.run] = min(runStarts[part.run], part.departure.instant) }
        runEnds = runStarts.dropFirst() + [MediaInstant(nanoseconds: .max)]
        for run in runStarts.indices {
            if let pause = pauses.first(where: { $0 > runStarts[run] }) { runEnds[run] = min(runEnds[run], pause) }
        }
    }

    private func isKeyframe(_ place: (encoding: Int, packet: Int)) -> Bool {
        encoders[place.encoding].frames[encoders[place.encoding].packets[place.packet].frame].isKeyframe
    }

    private func isSame(_ left: [UInt8], _ right: [UInt8], but range: Range<Int>) -> Bool {
        left.count == right.count
            && left.indices.allSatisfy { left[$0] == right[$0] || range.contains($0) }
    }

    /// Source: RFC 4588, section 4: behind the original number stands the payload as it was sent first.
    private mutating func compare(
        _ repeats: [(original: UInt16, packet: LayeredDeparture)], _ departures: [LayeredDeparture]
    ) {
        var first: [UInt16: LayeredDeparture] = [:]
        for departure in departures { first[UInt16(truncatingIfNeeded: departure.index)] = departure }
        for (original, packet) in repeats {
            guard let sent = first[original] else {
                note(.retransmission, "of number \(original), which was not sent")
                continue
            }
            var differences: [String] = []
            if sent.payload != packet.payload {
                differences.append("payload of \(sent.payload.count) and \(packet.payload.count) bytes")
            }
            if sent.timestamp != packet.timestamp { differences.append("timestamp") }
            if sent.marker != packet.marker { differences.append("marker") }
            if sent.descriptor != packet.descriptor {
                differences.append("descriptor \(sent.descriptor.prefix(8)) and \(packet.descriptor.prefix(8))")
            }
            if !differences.isEmpty {
                note(.retransmission, "of number \(original) differs: \(differences.joined(separator: ", "))")
            }
        }
    }

    // MARK: Frames

    private mutating func gatherFrames() {
        var started: Set<[Int]> = []
        for (place, part) in parts.enumerated() {
            if let last = parts[..<place].last, last.run == part.run, part.packet <= last.packet {
                note(.order, "packet \(part.packet) of encoding \(part.encoding) behind \(last.packet)")
            }
            if let last = frames.indices.last, frames[last].run == part.run, frames[last].number == part.frame {
                frames[last].packets.append(place)
                frames[last].instant = min(frames[last].instant, part.departure.instant)
                continue
            }
            if !started.insert([part.run, part.frame]).inserted {
                note(.order, "frame \(part.frame) of encoding \(part.encoding) in two pieces")
            }
            frames.append(
                PlayedFrame(
                    encoding: part.encoding, number: part.frame, run: part.run, packets: [place],
                    instant: part.departure.instant))
        }
    }

    /// Every frame that was sent can be decoded, unless the network took something.
    private mutating func checkDecoding() {
        var states: [Int: PlayedFrame.State] = [:]
        for place in frames.indices {
            let played = frames[place]
            // What came before a change is of no use after it.
            if place > 0, frames[place - 1].run != played.run { states.removeAll(keepingCapacity: true) }
            let truth = encoders[played.encoding].frames[played.number]
            let sent = Set(played.packets.map { parts[$0].packet })
            var state = PlayedFrame.State.decodable
            for packet in truth.packets where !sent.contains(packet) && state != .broken {
                state = isExcused(played.encoding, packet, run: played.run) ? .excused : .broken
                if state == .broken {
                    note(.incomplete, "\(describe(truth)) of encoding \(played.encoding) lacks packet \(packet)")
                }
            }
            for reference in truth.references {
                switch states[reference] {
                case .decodable?: continue
                case .excused?: state = state == .broken ? .broken : .excused
                case .broken?: state = .broken
                case nil:
                    if isDamaged(played.encoding, frame: reference, run: played.run) {
                        state = state == .broken ? .broken : .excused
                    } else if state != .broken {
                        state = .broken
                        let other = encoders[played.encoding].frames[reference]
                        note(
                            .reference,
                            "\(describe(truth)) of encoding \(played.encoding) refers to \(describe(other)), left out")
                    }
                }
            }
            frames[place].state = state
            states[played.number] = state
        }
    }

    func describe(_ frame: LayeredFrame) -> String {
        "frame \(frame.number) (picture \(frame.picture), S\(frame.spatial)T\(frame.temporal)"
            + "\(frame.isKeyframe ? ", key" : ""), \(frame.instant.nanoseconds / 1_000_000) ms)"
    }
}
