import Foundation
import Testing

@testable import LinkEmulator

@Suite struct OptionsTests {
    private func options(_ text: String) throws -> Options {
        try Options(arguments: text.split(separator: " ").map(String.init))
    }

    @Test func optionsAreReadPerDirection() throws {
        let options = try options("--namespace-a x --namespace-b y --loss 0.05 --b-loss 0 --a-delay-ms 20 --seed 9")
        #expect(options.scenario.fromA == LinkSchedule(LinkSettings(loss: 0.05, delay: 20_000_000)))
        #expect(options.scenario.fromB == LinkSchedule(LinkSettings()))
        #expect(options.scenario.seed == 9)
        for bad in ["--namespace-b x", "--loss 2", "--loss x", "--speed 1", "--loss", "--namespace-a y", "--wait 1"] {
            #expect(throws: Options.Refusal.self, "\(bad)") {
                try self.options("--namespace-a x --namespace-b y \(bad)")
            }
        }
        #expect(throws: Options.Refusal.self) { try self.options("--namespace-a x") }
    }

    @Test func aScenarioComesFromAFile() throws {
        let file = NSTemporaryDirectory() + "scenario-\(UInt32.random(in: 0...UInt32.max)).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try #"{"seed": 3, "fromA": [{"loss": 0.5}]}"#.write(toFile: file, atomically: true, encoding: .utf8)
        let options = try options("--scenario \(file) --wait --report r.json --run-a true")
        #expect(options.scenario.seed == 3)
        #expect(options.scenario.fromA == LinkSchedule(LinkSettings(loss: 0.5)))
        #expect(options.waits)
        #expect(options.report == "r.json")
        #expect(options.a.command == "true")
        #expect(throws: Options.Refusal(reason: "--loss and --scenario exclude each other")) {
            try self.options("--scenario \(file) --loss 0.1")
        }
        #expect(throws: Options.Refusal(reason: "/nowhere can't be read")) { try self.options("--scenario /nowhere") }
        try #"{"fromA": [{"loss": 2}]}"#.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(throws: Options.Refusal(reason: "\(file): fromA[0].loss: takes a number from 0 to 1")) {
            try self.options("--scenario \(file)")
        }
    }
}
