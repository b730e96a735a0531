import Foundation

/// What a scenario file says: what each direction does over time, how long, by which seed.
struct LinkScenario: Equatable, Sendable {
    /// What is wrong with the file: the field, and what it takes.
    struct Refusal: Error, Equatable { var reason: String }

    var fromA = LinkSchedule(LinkSettings())
    var fromB = LinkSchedule(LinkSettings())
    /// Two seeds come of it, so that both directions don't lose the same packets.
    var seed: UInt64 = 1
    var mtu = 1500
    /// How long it runs, in nanoseconds; nil is until it is stopped.
    var duration: UInt64?

    init() {}

    init(json: Data) throws(Refusal) {
        do {
            self = try JSONDecoder().decode(File.self, from: json).scenario
        } catch let refusal as Refusal {
            throw refusal
        } catch DecodingError.dataCorrupted(let context) {
            let problem = context.underlyingError.map { ": \($0)" } ?? ""
            throw Refusal(reason: "the scenario is no JSON\(problem)")
        } catch {
            throw Refusal(reason: "the scenario is no JSON object")
        }
    }

    private struct File: Decodable {
        var scenario = LinkScenario()

        init(from decoder: any Decoder) throws {
            let fields = try ScenarioFields(decoder, known: ["seed", "mtu", "seconds", "fromA", "fromB"])
            scenario.seed = try fields.whole("seed", in: 0...(1 << 53)) ?? 1
            scenario.mtu = try fields.whole("mtu", in: 1280...9000).map(Int.init) ?? 1500
            scenario.duration = try fields.nanoseconds("seconds", in: 0.1...86_400, unit: 1e9)
            if let steps = try fields.list("fromA", of: Step.self) {
                scenario.fromA = try Step.schedule("fromA", steps)
            }
            if let steps = try fields.list("fromB", of: Step.self) {
                scenario.fromB = try Step.schedule("fromB", steps)
            }
        }
    }

    /// A step names what changes; the rest stays as it was.
    private struct Step: Decodable {
        var start: UInt64
        var change: @Sendable (inout LinkSettings) -> Void

        init(from decoder: any Decoder) throws {
            let fields = try ScenarioFields(
                decoder,
                known: [
                    "at", "rate", "queueMs", "queueBytes", "delayMs", "jitterMs", "loss", "burst", "reorder",
                    "holdBackMs", "duplicate",
                ])
            start = try fields.nanoseconds("at", in: 0...86_400, unit: 1e9) ?? 0
            let lifts = fields.isNull("rate")
            let rate = try fields.whole("rate", in: 1000...10_000_000_000)
            let queueTime = try fields.nanoseconds("queueMs", in: 0...60_000, unit: 1e6)
            let queueBytes = try fields.whole("queueBytes", in: 0...1_000_000_000)
            if queueTime != nil, queueBytes != nil {
                throw fields.refusal("queueMs", "and queueBytes exclude each other")
            }
            let delay = try fields.nanoseconds("delayMs", in: 0...60_000, unit: 1e6)
            let jitter = try fields.nanoseconds("jitterMs", in: 0...60_000, unit: 1e6)
            let loss = try fields.number("loss", in: 0...1)
            let ends = fields.isNull("burst")
            let burst = try fields.value("burst", of: Burst.self)?.settings
            let reordering = try fields.number("reorder", in: 0...1)
            let holdBack = try fields.nanoseconds("holdBackMs", in: 0...60_000, unit: 1e6)
            let duplication = try fields.number("duplicate", in: 0...1)
            change = { settings in
                if lifts { settings.bitrate = nil }
                if let rate { settings.bitrate = rate }
                if let queueTime { settings.queue = .time(queueTime) }
                if let queueBytes { settings.queue = .bytes(queueBytes) }
                if let delay { settings.delay = delay }
                if let jitter { settings.jitter = jitter }
                if let loss { settings.loss = loss }
                if ends { settings.burst = nil }
                if let burst { settings.burst = burst }
                if let reordering { settings.reordering = reordering }
                if let holdBack { settings.holdBack = holdBack }
                if let duplication { settings.duplication = duplication }
            }
        }

        static func schedule(_ name: String, _ steps: [Step]) throws(Refusal) -> LinkSchedule {
            guard (1...10_000).contains(steps.count) else {
                throw Refusal(reason: "\(name): takes 1 to 10000 steps, not \(steps.count)")
            }
            var settings = LinkSettings()
            let all = steps.map { step in
                step.change(&settings)
                return LinkSchedule.Step(start: step.start, settings: settings)
            }
            guard let schedule = LinkSchedule(steps: all) else {
                throw Refusal(reason: "\(name): the first step is at 0, each later than the one before")
            }
            return schedule
        }
    }

    private struct Burst: Decodable {
        var settings: LinkSettings.Burst

        init(from decoder: any Decoder) throws {
            let fields = try ScenarioFields(decoder, known: ["enter", "leave", "loss"])
            guard let enter = try fields.number("enter", in: 0...1) else { throw fields.refusal("enter", "is missing") }
            guard let leave = try fields.number("leave", in: 0...1) else { throw fields.refusal("leave", "is missing") }
            settings = LinkSettings.Burst(enter: enter, leave: leave, loss: try fields.number("loss", in: 0...1) ?? 1)
        }
    }
}
