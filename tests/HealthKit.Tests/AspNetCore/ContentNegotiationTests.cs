using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;

namespace HealthKit.Tests.AspNetCore;

public sealed class ContentNegotiationTests
{
    [Theory]
    [InlineData(null, "Json", "Word")]
    [InlineData("", "Json", "Word")]
    [InlineData("*/*", "Json", "Word")]
    [InlineData("application/json", "Json", "Json")]
    [InlineData("APPLICATION/JSON", "Json", "Json")]
    [InlineData("application/json; charset=utf-8", "Json", "Json")]
    [InlineData("application/*", "Json", "Json")]
    [InlineData("text/plain", "Word", "Word")]
    [InlineData("text/*", "Word", "Word")]
    [InlineData("text/plain, */*", "Word", "Word")]
    [InlineData("application/json, text/plain, */*", "Json", "Word")]
    [InlineData("application/json;q=0.5, text/plain", "Word", "Word")]
    [InlineData("application/json, text/plain;q=0.9", "Json", "Json")]
    [InlineData("text/plain;q=0, */*", "Json", "Json")]
    [InlineData("application/json;q=0, */*;q=0.1", "Word", "Word")]
    [InlineData("application/json;q=0", "Word", "Word")]
    [InlineData("application/json;q=0.2, application/*;q=0.9, text/plain;q=0.5", "Word", "Word")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "Json", "Word")]
    [InlineData("image/png", "Json", "Word")]
    [InlineData("application/xml", "Json", "Word")]
    [InlineData("application/jsonp", "Json", "Word")]
    [InlineData("nonsense", "Json", "Word")]
    [InlineData(";;;,,q=7", "Json", "Word")]
    public void An_accept_header_chooses_the_body_of_the_overview_and_of_a_probe_route(string? accept, string overview, string probe)
    {
        Assert.Equal(overview, ContentNegotiation.FromAccept(accept, BodyFormat.Json).ToString());
        Assert.Equal(probe, ContentNegotiation.FromAccept(accept, BodyFormat.Word).ToString());
    }

    [Theory]
    [InlineData("?format=json", "Json", "Json")]
    [InlineData("?format=JSON&x=1", "Json", "Json")]
    [InlineData("?format=text", "Table", "Word")]
    [InlineData("?format=xml", "Word", "Word")]
    [InlineData("?format=", "Word", "Word")]
    [InlineData("?other=json", "Word", "Word")]
    [InlineData("?format=json&format=text", "Word", "Word")]
    public void The_query_wins_over_the_accept_header_where_it_names_a_format(string query, string overview, string probe)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        request.Headers.Accept = "text/plain";
        Assert.Equal(overview, ContentNegotiation.Choose(request, isOverview: true).ToString());
        Assert.Equal(probe, ContentNegotiation.Choose(request, isOverview: false).ToString());
    }

    [Fact]
    public void Several_accept_headers_are_one_list() =>
        Assert.Equal(BodyFormat.Word, ContentNegotiation.FromAccept(new string[] { "application/json;q=0.1", "text/plain" }, BodyFormat.Json));

    [Fact]
    public void No_accept_header_of_any_bytes_is_an_error() =>
        Prop.ForAll<string?>(accept => ContentNegotiation.FromAccept(accept, BodyFormat.Json) is BodyFormat.Json or BodyFormat.Word)
            .QuickCheckThrowOnFailure();
}
