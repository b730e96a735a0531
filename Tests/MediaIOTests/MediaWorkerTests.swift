import Glibc
import MediaCore
import Testing

@testable import MediaIO

extension MediaWorker {
    /// The name of the thread that runs the actor's methods.
    func executorName() -> String? { threadName("/proc/thread-self") }

    /// The folder of that thread in the process file system: gone when the thread is.
    func executorFolder() -> String {
        var text = [CChar](repeating: 0, count: 64)
        let count = max(0, readlink("/proc/thread-self", &text, text.count))
        return "/proc/" + String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension MediaIOTests {
    @Suite struct MediaWorkerTests {
        private func worker(_ change: (inout MediaWorker.Configuration) -> Void = { _ in }) throws -> MediaWorker {
            var configuration = MediaWorker.Configuration()
            configuration.announcedAddresses = ["127.0.0.1"]
            change(&configuration)
            return try MediaWorker(configuration: configuration)
        }

        @Test func bothFamiliesShareOnePortAndGarbageChangesNothing() async throws {
            let worker = try worker()
            let ipv4 = try TestSocket(family: 4)
            let ipv6 = try TestSocket(family: 6)
            // A binding request's header with a length that lies, nothing at all, and more than a slot holds.
            let lie: [UInt8] = [0, 1, 0xFF, 0xFF, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12)
            try ipv4.send(lie, to: "127.0.0.1", port: worker.udpPort)
            try ipv6.send(lie, to: "::1", port: worker.udpPort)
            try ipv4.send([], to: "127.0.0.1", port: worker.udpPort)
            try ipv4.send([UInt8](repeating: 0x80, count: 4000), to: "127.0.0.1", port: worker.udpPort)
            #expect(
                await eventually {
                    let statistics = await worker.workerStatistics()
                    return statistics.datagramsReceived == 3 && statistics.datagramsTruncated == 1
                })
            let statistics = await worker.workerStatistics()
            #expect(statistics.bytesReceived == UInt64(lie.count * 2))
            #expect(statistics.receiveErrors == 0)
            #expect(statistics.datagramsSent == 0)
            try ipv4.send(lie, to: "127.0.0.1", port: worker.udpPort)
            #expect(await eventually { await worker.workerStatistics().datagramsReceived == 4 })
            await worker.shutdown()
        }

        @Test func groupsOfSpeakersAreTheEngines() async throws {
            let worker = try worker()
            let group = try await worker.makeSpeakerGroup(lastN: 2)
            try await worker.setLastN(3, of: group)
            #expect(try await worker.dominantSpeaker(of: group) == nil)
            await #expect(throws: MediaEngineError.self) { try await worker.makeSpeakerGroup(lastN: 0) }
            #expect(await worker.removeSpeakerGroup(group))
            #expect(await !worker.removeSpeakerGroup(group))
            await #expect(throws: MediaEngineError.self) { try await worker.setLastN(nil, of: group) }
            await worker.shutdown()
            await #expect(throws: MediaEngineError.self) { try await worker.makeSpeakerGroup() }
        }

        @Test func aBurstIsReceivedWhole() async throws {
            let worker = try worker()
            let sockets = try (0..<4).map { _ in try TestSocketBox() }
            var sent: UInt64 = 0
            // As many at once as the smallest receive buffer holds.
            for round in 0..<10 {
                for box in sockets {
                    for _ in 0..<25 {
                        try box.socket.send(
                            [UInt8](repeating: UInt8(round), count: 1200), to: "127.0.0.1", port: worker.udpPort)
                        sent += 1
                    }
                }
                #expect(await eventually { await worker.workerStatistics().datagramsReceived == sent })
            }
            let statistics = await worker.workerStatistics()
            #expect(statistics.bytesReceived == sent * 1200)
            #expect(statistics.receiveCalls <= sent + 100)
            await worker.shutdown()
        }

        @Test func anIdleWorkerSleeps() async throws {
            let worker = try worker()
            let before = await worker.workerStatistics().waitCalls
            try await Task.sleep(for: .milliseconds(50))
            let after = await worker.workerStatistics().waitCalls
            // One wait is ended by each command, and one looks whether there is more.
            #expect(after - before <= 6)
            await worker.shutdown()
        }

        @Test func configurationErrorsNameTheField() async throws {
            let first = try worker()
            #expect { try worker { $0.udpPort = first.udpPort } } throws: {
                "\($0)" == "udpPort: port \(first.udpPort) is in use"
            }
            #expect { try worker { $0.announcedAddresses = ["127.0.0.1", "sfu.example.org"] } } throws: {
                "\($0)" == "announcedAddresses: \"sfu.example.org\" is not an IPv4 or IPv6 address literal"
            }
            for address in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "fe80::1", ""] {
                #expect { try worker { $0.announcedAddresses = [address] } } throws: {
                    "\($0)".hasPrefix("announcedAddresses: \"\(address)\" is ")
                }
            }
            #expect {
                try worker {
                    $0.announcedAddresses = []
                    $0.interface = "no-such-one"
                }
            } throws: {
                "\($0)".hasPrefix("interface: there is no interface \"no-such-one\"; there are ")
                    && "\($0)".contains("lo")
            }
            // A wrong name is a mistake where it would have no effect, too.
            #expect { try worker { $0.interface = "no-such-one" } } throws: {
                "\($0)".hasPrefix("interface: there is no interface \"no-such-one\"")
            }
            await first.shutdown()
            // The port is free again at once.
            let port = first.udpPort
            let second = try worker { $0.udpPort = port }
            #expect(second.udpPort == port)
            await second.shutdown()
        }

        @Test func candidatesAreTheConfiguredOnes() async throws {
            let announced = try worker { $0.announcedAddresses = ["203.0.113.7", "2001:db8::7", "203.0.113.7"] }
            #expect(announced.candidates.map(\.address.addressText) == ["203.0.113.7", "2001:db8::7"])
            #expect(announced.candidates.allSatisfy { $0.address.port == announced.udpPort && $0.kind == .host })
            #expect(announced.candidates[0].priority > announced.candidates[1].priority)
            #expect(announced.candidates[0].foundation != announced.candidates[1].foundation)
            await announced.shutdown()

            let loopback = try worker {
                $0.announcedAddresses = []
                $0.interface = "lo"
            }
            #expect(loopback.candidates.map(\.address.addressText).contains("127.0.0.1"))
            #expect(loopback.candidates.allSatisfy { $0.address.isLoopback })
            await loopback.shutdown()

            let all = try worker { $0.announcedAddresses = [] }
            #expect(!all.candidates.isEmpty)
            #expect(!all.candidates.contains { $0.address.isLinkLocal || $0.address.isUnspecified })
            // Loopback is announced alone or not at all.
            #expect(Set(all.candidates.map(\.address.isLoopback)).count == 1)
            await all.shutdown()
        }

        @Test func commandsFromManyTasksRunOnTheLoop() async throws {
            let worker = try worker()
            let socket = try TestSocketBox()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        var count = 0
                        for _ in 0..<100 {
                            let name = await worker.executorName()
                            let statistics = await worker.statistics()
                            if name == "sluice-media", statistics.transports.isEmpty { count += 1 }
                        }
                        return count
                    }
                }
                for _ in 0..<200 { try socket.socket.send([1, 2, 3], to: "127.0.0.1", port: worker.udpPort) }
                var total = 0
                for try await count in group { total += count }
                #expect(total == 1600)
            }
            #expect(await eventually { await worker.workerStatistics().datagramsReceived == 200 })
            await worker.shutdown()
        }

        @Test func shutdownNeverStrandsACommand() async throws {
            for round in 0..<50 {
                let worker = try worker()
                await withTaskGroup(of: Void.self) { group in
                    for index in 0..<8 {
                        group.addTask {
                            for _ in 0..<round { _ = await worker.statistics() }
                            if index == 3 { await worker.shutdown() }
                            for _ in 0..<5 { _ = await worker.workerStatistics() }
                        }
                    }
                }
            }
        }

        @Test func shutdownMayComeFromManySidesAndCommandsAreHarmlessAfterwards() async throws {
            let worker = try worker()
            let folder = await worker.executorFolder()
            #expect(threadName(folder) == "sluice-media")
            let events = Task {
                var count = 0
                for await _ in worker.events { count += 1 }
                return count
            }
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        if index % 2 == 0 { await worker.shutdown() } else { _ = await worker.statistics() }
                    }
                }
            }
            await worker.shutdown()
            #expect(await eventually { threadName(folder) != "sluice-media" })
            #expect(await events.value == 0)

            do throws(MediaEngineError) {
                _ = try await worker.publish(offer: "v=0", name: "late")
                Issue.record("a stopped worker took a publisher")
            } catch {
                #expect("\(error)" == "the engine has stopped")
            }
            do throws(MediaEngineError) {
                _ = try await worker.watch(offer: "v=0", name: "late", producers: [])
                Issue.record("a stopped worker took a watcher")
            } catch {
                #expect("\(error)" == "the engine has stopped")
            }
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask { await worker.statistics().transports.isEmpty }
                }
                for await isEmpty in group { #expect(isEmpty) }
            }
        }

        @Test func nothingIsLeftBehind() async throws {
            let threads = mediaThreadCount()
            let descriptors = openDescriptorCount()
            for round in 0..<50 {
                let worker = try worker()
                if round % 2 == 0 {
                    await worker.shutdown()
                } else {
                    // Dropped without a word.
                    _ = await worker.statistics()
                }
            }
            for _ in 0..<50 {
                // Fails when the sockets are open already.
                #expect(throws: MediaIOError.self) { try worker { $0.announcedAddresses = ["nowhere"] } }
            }
            // Other tests may have a few at the same time; a leak would show as fifty.
            #expect(await eventually { mediaThreadCount() < threads + 20 })
            #expect(await eventually { openDescriptorCount() < descriptors + 20 })
        }

        @Test func theClocksAreReadTogether() {
            let clock = SystemClock.wallClock()
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let now = NTPTime(unixNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
            let difference = now - clock.ntpTime(at: SystemClock.now)
            #expect(abs(difference.nanoseconds) < 100_000_000)
        }
    }
}
