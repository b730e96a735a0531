import Foundation
import Testing

@testable import LinkEmulator

@Suite struct LinkScenarioTests {
    private func scenario(_ json: String) throws -> LinkScenario { try LinkScenario(json: Data(json.utf8)) }

    @Test func stepsNameWhatChanges() throws {
        let scenario = try scenario(
            """
            {"seed": 5, "mtu": 1400, "seconds": 60.5,
             "fromA": [
                {"at": 0, "rate": 3000000, "queueMs": 100, "delayMs": 50, "jitterMs": 2.5, "loss": 0.01},
                {"at": 20, "rate": 600000, "queueBytes": 9000, "burst": {"enter": 0.1, "leave": 0.5}},
                {"at": 40.25, "rate": null, "burst": null, "loss": 0, "reorder": 0.1, "holdBackMs": 5, "duplicate": 0.2}
             ],
             "fromB": [{"delayMs": 50}]}
            """)
        #expect(scenario.seed == 5)
        #expect(scenario.mtu == 1400)
        #expect(scenario.duration == 60_500_000_000)
        var settings = LinkSettings(
            loss: 0.01, delay: 50_000_000, jitter: 2_500_000, bitrate: 3_000_000, queue: .time(100_000_000))
        var steps = [LinkSchedule.Step(start: 0, settings: settings)]
        settings.bitrate = 600_000
        settings.queue = .bytes(9000)
        settings.burst = LinkSettings.Burst(enter: 0.1, leave: 0.5, loss: 1)
        steps.append(LinkSchedule.Step(start: 20_000_000_000, settings: settings))
        settings.bitrate = nil
        settings.burst = nil
        (settings.loss, settings.reordering, settings.holdBack, settings.duplication) = (0, 0.1, 5_000_000, 0.2)
        steps.append(LinkSchedule.Step(start: 40_250_000_000, settings: settings))
        #expect(scenario.fromA == LinkSchedule(steps: steps))
        #expect(scenario.fromB == LinkSchedule(LinkSettings(delay: 50_000_000)))
        #expect(try self.scenario("{}") == LinkScenario())
    }

    @Test func whatIsWrongIsNamed() throws {
        let step = #"{"fromA": [{"at": 0}, STEP]}"#
        for (json, reason) in [
            ("", "the scenario is no JSON"),
            ("[]", "the scenario: is no JSON object"),
            ("3", "the scenario: is no JSON object"),
            (#"{"sed": 1}"#, "sed: is unknown; known are seed, mtu, seconds, fromA, fromB"),
            (#"{"seed": -1}"#, "seed: takes a whole number from 0 to 9007199254740992"),
            (#"{"mtu": 100}"#, "mtu: takes a whole number from 1280 to 9000"),
            (#"{"seconds": 0}"#, "seconds: takes a number from 0.1 to 86400"),
            (#"{"fromA": 3}"#, "fromA: takes a list of steps"),
            (#"{"fromA": []}"#, "fromA: takes 1 to 10000 steps, not 0"),
            (#"{"fromB": [3]}"#, "fromB[0]: is no JSON object"),
            (#"{"fromB": [{"at": 1}]}"#, "fromB: the first step is at 0, each later than the one before"),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 0}"#),
                "fromA: the first step is at 0, each later than the one before"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "rate": 999}"#),
                "fromA[1].rate: takes a whole number from 1000 to 10000000000"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "rate": "fast"}"#),
                "fromA[1].rate: takes a whole number from 1000 to 10000000000"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "loss": 1.1}"#),
                "fromA[1].loss: takes a number from 0 to 1"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "queueMs": 1, "queueBytes": 1}"#),
                "fromA[1].queueMs: and queueBytes exclude each other"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "burst": {"enter": 1}}"#),
                "fromA[1].burst.leave: is missing"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "burst": 3}"#),
                "fromA[1].burst: is no JSON object"
            ),
            (
                step.replacingOccurrences(of: "STEP", with: #"{"at": 1, "delay": 3}"#),
                "fromA[1].delay: is unknown; known are at, rate, queueMs, queueBytes, delayMs, jitterMs, loss, burst, "
                    + "reorder, holdBackMs, duplicate"
            ),
        ] {
            do {
                _ = try scenario(json)
                Issue.record("\(json) is taken")
            } catch let refusal as LinkScenario.Refusal {
                #expect(refusal.reason.hasPrefix(reason), "\(json)")
            }
        }
    }

    @Test func delaysAreSummedUp() {
        var delays = DelayHistogram()
        #expect(delays.summary == nil)
        for milliseconds in 1...100 { delays.add(nanoseconds: UInt64(milliseconds) * 1_000_000) }
        #expect(delays.summary == LinkReport.QueueDelay(p50: 50, p95: 95, max: 100))
        delays.removeAll()
        #expect(delays.summary == nil)
        delays.add(nanoseconds: .max)
        #expect(delays.summary?.max == 60_000)
    }

    @Test func secondsAddUpToTheTotal() {
        var record = DirectionRecord(rate: 1000)
        for second in 0..<3 {
            for _ in 0...second {
                record.count { $0.packetsIn += 1 }
                record.add(delay: UInt64(second) * 1_000_000)
            }
            record.endSecond(nextRate: second == 0 ? nil : 1000)
        }
        record.count { $0.packetsIn += 1 }
        let report = record.report
        #expect(report.total.packetsIn == 7)
        #expect(report.timeline.map(\.counters.packetsIn) == [1, 2, 3])
        #expect(report.timeline.map(\.rate) == [1000, nil, 1000])
        #expect(report.timeline.map(\.counters.queueDelayMs?.max) == [0, 1, 2])
        #expect(report.total.queueDelayMs?.max == 2)
    }
}
