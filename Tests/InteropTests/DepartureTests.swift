import Foundation
import Testing

extension Interop {
    /// However a peer leaves, the others learn it and the server keeps nothing.
    @Suite struct DepartureTests {
        private static let consentTimeout = 5

        /// A server, a publisher and two watchers, each in a browser of its own, all with picture.
        private struct Call {
            let host: HostProcess
            let publishing: Chromium
            let publisher: Page
            let watching: [Chromium]
            let watchers: [Page]

            init(_ scenario: Scenario) async throws {
                let namespace = try scenario.standaloneNamespace()
                host = try await HostProcess.start(
                    scenario, in: namespace, ["--consent-timeout", "\(DepartureTests.consentTimeout)"])
                publishing = try Chromium(scenario, in: namespace)
                publisher = try await publishing.open(host.origin)
                try await host.publish(on: publisher, stream: "camera", codec: "video/VP8")
                watching = try [Chromium(scenario, in: namespace), Chromium(scenario, in: namespace)]
                var watchers: [Page] = []
                for browser in watching {
                    let watcher = try await browser.open(host.origin)
                    try await host.watch(on: watcher, stream: "camera")
                    watchers.append(watcher)
                }
                self.watchers = watchers
                for watcher in watchers {
                    try await eventually("picture", within: .seconds(10)) {
                        (try await watcher.report().videoIn?.framesDecoded ?? 0) > 10
                    }
                }
            }
        }

        @Test(arguments: ["DELETE", "close_notify"])
        func aPublisherLeaves(by way: String) async throws {
            try await Scenario.run { scenario in
                let call = try await Call(scenario)
                let left = Date.now.timeIntervalSince1970 * 1000
                if way == "DELETE" {
                    let status: Int = try await call.publisher.call("remove")
                    #expect(status == 200)
                } else {
                    let _: Bool = try await call.publisher.call("close")
                }
                for watcher in call.watchers {
                    let ended = try await watcher.seesTheEnd(within: .seconds(2))
                    print("publisher left by \(way): a watcher saw it after \(Int(ended - left)) ms")
                    #expect(ended - left < 2000)
                }
                let idle = try await call.host.becomesIdle(within: .seconds(2))
                print("publisher left by \(way): the server was idle \(idle) later")
                #expect(try await call.host.stop() == 0)
            }
        }

        @Test func aWatcherLeavesAndTheOthersStay() async throws {
            try await Scenario.run { scenario in
                let call = try await Call(scenario)
                let status: Int = try await call.watchers[0].call("remove")
                #expect(status == 200)
                try await eventually("its transport is gone", within: .seconds(2)) {
                    try call.host.statistics().transports.count == 2
                }
                let before = try #require(try await call.watchers[1].report().videoIn).framesDecoded
                try await eventually("the other goes on", within: .seconds(5)) {
                    (try await call.watchers[1].report().videoIn?.framesDecoded ?? 0) > before + 30
                }
                let report = try await call.watchers[1].report()
                #expect(report.endedAt == nil)
                #expect(try await call.host.stop() == 0)
            }
        }

        @Test func killedBrowsersAreForgotten() async throws {
            try await Scenario.run { scenario in
                let call = try await Call(scenario)
                // Chromium checks about every 2.5 seconds: the last check may be that old when the browser dies.
                let expected = Duration.seconds(Self.consentTimeout - 4)...Duration.seconds(Self.consentTimeout + 2)

                var killed = ContinuousClock.now
                try await call.watching[0].kill()
                try await eventually("the watcher's transport is gone", within: .seconds(15)) {
                    try call.host.statistics().transports.count == 2
                }
                var took = ContinuousClock.now - killed
                print("killed watcher: gone after \(took)")
                #expect(expected.contains(took))
                let report = try await call.watchers[1].report()
                #expect(report.endedAt == nil)

                killed = ContinuousClock.now
                try await call.publishing.kill()
                try await call.watchers[1].seesTheEnd(within: .seconds(15))
                try await call.host.becomesIdle(within: .seconds(2))
                took = ContinuousClock.now - killed
                print("killed publisher: server idle after \(took)")
                #expect(expected.contains(took))
                #expect(try await call.host.stop() == 0)
            }
        }
    }
}
