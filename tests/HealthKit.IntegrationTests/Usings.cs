global using HealthKit.Tests.Support;
global using Xunit;
